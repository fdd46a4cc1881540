/** The token that is shown to a cluster which asks for one. Nodes without tokens take no notice of it. */

let headers: Readonly<Record<string, string>> = {};

/** Shows this token from now on; undefined or empty: none. */
export function showToken(token: string | undefined): void {
  headers = token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
}

/** The headers of every request to a node. */
export const credential = (): Readonly<Record<string, string>> => headers;
