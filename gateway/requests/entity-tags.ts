/** Entity tags in If-Match and If-None-Match (RFC 9110, sections 8.8.3 and 13.1). */

const entityTag = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/**
 * Whether the field names this strong tag: in a list of tags, as `*`, or as a weak tag, because
 * If-None-Match compares weakly.
 */
export function namesTag(field: string | undefined, tag: string): boolean {
  if (field === undefined) return false;
  if (field.trim() === "*") return true;
  return [...field.matchAll(entityTag)].some(([, , named]) => named === tag);
}

/** The tags of a list in their order, quotation marks included; undefined where it is not one. */
export function entityTagsIn(
  field: string,
): readonly { readonly tag: string; readonly weak: boolean }[] | undefined {
  const tags = [...field.matchAll(entityTag)];
  // Without what is inside the tags, commas stand between elements alone. Empty elements are permitted.
  const elements = field
    .replaceAll(entityTag, '""')
    .split(",")
    .map((part) => part.trim());
  const given = elements.filter((element) => element !== "");
  if (tags.length === 0 || given.some((element) => element !== '""')) return undefined;
  return tags.map(([, weak, tag = ""]) => ({ tag, weak: weak !== undefined }));
}

/** The strong tag of the same entity in the coding gzip: other bytes need another tag. */
export const zippedTag = (tag: string): string => `${tag.slice(0, -1)}-gzip"`;
