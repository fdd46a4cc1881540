/** Methods that change nothing: after a fault they can be repeated at once. */
export const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
