/** Which URLs settings may name. */

/** Whether clients can be told to use this URL: it must not need a user, a query or a fragment. */
export function isGatewayUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** A launcher on this machine, and nothing else: the node sends requests there. */
export function isControlUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "http:" && url.hostname === "127.0.0.1" && url.username === "";
}
