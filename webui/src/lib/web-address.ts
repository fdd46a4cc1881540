/**
 * The URL, if a browser that follows it asks a web server. A member names its own address, and a link to
 * `javascript:` would run what that member says.
 */
export function webAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol } = new URL(url);
  return protocol === "http:" || protocol === "https:" ? url : undefined;
}
