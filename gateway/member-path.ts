/** Which member a path under /nodes/ means, and what is asked of it. */

export interface MemberPath {
  readonly id: string;
  /** The path and query on that member's gateway; starts with "/". */
  readonly target: string;
}

const shape = /^\/nodes\/([A-Za-z0-9_-]{1,64})(\/[^?#]*)?(\?[^#]*)?$/;
/** Encoded slashes and backslashes could turn into other paths further on. */
const tricks = /\\|%2f|%5c/i;

/**
 * Undefined for anything that is not plainly a path on one member: dot segments, encoded slashes,
 * empty segments, and a second /nodes/, so that no request passes through more than one proxy.
 */
export const readMemberPath = (url: string): MemberPath | undefined => {
  const match = shape.exec(url);
  if (match === null) return undefined;
  const [, id = "", path = "/", query = ""] = match;
  if (tricks.test(path) || path.includes("//")) return undefined;
  const segments = path.split("/").map((segment) => segment.replaceAll(/%2e/gi, "."));
  if (segments.includes(".") || segments.includes("..")) return undefined;
  return isNodes(segments[1]) ? undefined : { id, target: path + query };
};

/** A member alone, without a slash behind its id. */
export const isBareMember = (url: string): boolean => /^\/nodes\/[^/?#]+(?:[?#]|$)/.test(url);

const isNodes = (segment: string | undefined): boolean => {
  try {
    return decodeURIComponent(segment ?? "").toLowerCase() === "nodes";
  } catch {
    return true;
  }
};
