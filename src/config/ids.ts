/** Ids are part of URLs, metrics and folder names. */
export const idSyntax = /^[A-Za-z0-9_-]{1,64}$/;
export const idRange = "1 to 64 letters, digits, `_` or `-`";
