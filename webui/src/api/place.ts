/**
 * Where this page is. A proxy may serve a node below a path, which only the browser knows, and a node
 * serves the page of another member at `/nodes/<id>/`.
 */

const pathname = typeof location === "undefined" ? "/" : location.pathname;
const [, root = "", member = ""] = /^(.*?)(\/nodes\/[^/]+)?\/[^/]*$/.exec(pathname) ?? [];

/** An address of the page's own node, or one below `/nodes/`, as this browser reaches it. */
export const pathTo = (address: string): string =>
  address.startsWith("/nodes/") ? root + address : root + member + address;

/** The same for a program outside the browser. */
export const urlTo = (address: string): string => location.origin + pathTo(address);
