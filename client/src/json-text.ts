/**
 * The parts of JSON text as text. ECMAScript keeps neither the digits of a number nor the order of
 * all names, so whoever wants a value exactly as it was written needs its text. The text must be valid.
 */

/** Where the value that starts here ends. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at) - 1;
    } else if (char === "{" || char === "[") {
      depth += 1;
    } else if (char === "}" || char === "]") {
      if (depth === 0) return at;
      depth -= 1;
    } else if (char === "," && depth === 0) {
      return at;
    }
    if (depth === 0 && (char === '"' || char === "}" || char === "]")) return at + 1;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (/\s/.test(text[at] ?? "x")) at += 1;
  return at;
}

/** The text of each element of an array. */
export function elementsOf(text: string): string[] {
  const found: string[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (at < text.length && text[at] !== "]") {
    const end = endOfValue(text, at);
    found.push(text.slice(at, end).trim());
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

/** The text of each member of an object. */
export function membersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const name: string = JSON.parse(text.slice(at, nameEnd));
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    found.set(name, text.slice(start, end).trim());
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}
