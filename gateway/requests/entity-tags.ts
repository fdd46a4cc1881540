/** Entity tags in If-None-Match (RFC 9110, section 13.1.2). */

const entityTag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/**
 * Whether the field names this strong tag: in a list of tags, as `*`, or as a weak tag, because
 * If-None-Match compares weakly.
 */
export function namesTag(field: string | undefined, tag: string): boolean {
  if (field === undefined) return false;
  if (field.trim() === "*") return true;
  return [...field.matchAll(entityTag)].some(([, named]) => named === tag);
}
