/**
 * Values as the JSON text that a node sends. Parsed and written again, numbers would lose digits and
 * names such as "10" their place, so values are cut out of the answer instead.
 */

/** One string, number, word or punctuation mark, after white space. */
const token = /\s*("[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s[\]{},:"]+)/y;

/** Calls for each token of JSON text, with where it ends. */
function eachToken(json: string, visit: (text: string, end: number) => void): void {
  let end = 0;
  for (;;) {
    token.lastIndex = end;
    const [, text] = token.exec(json) ?? [];
    if (text === undefined) return;
    end = token.lastIndex;
    visit(text, end);
  }
}

/** The answer for one key. Throws SyntaxError where it is not JSON. */
export function parseEntry(answer: string): unknown {
  const entry: unknown = JSON.parse(answer);
  return isObject(entry) ? { ...entry, value: valuesAt(answer, 1)[0] } : entry;
}

/** A page of a list, the same way. */
export function parsePage(answer: string): unknown {
  const page: unknown = JSON.parse(answer);
  if (!isObject(page) || !("entries" in page) || !Array.isArray(page.entries)) return page;
  const values = valuesAt(answer, 3);
  const entries = page.entries.map((entry: object, at) => ({ ...entry, value: values[at] }));
  return { ...page, entries };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The text of each member called `value` that lies so deep. */
function valuesAt(json: string, memberDepth: number): readonly string[] {
  const values: string[] = [];
  let depth = 0;
  let start = -1;
  let name = "";
  let last = 0;
  eachToken(json, (text, end) => {
    if (depth === memberDepth && (text === "," || text === "}")) {
      if (start !== -1) values.push(json.slice(start, last).trim());
      start = -1;
    }
    if (text === "{" || text === "[") depth += 1;
    else if (text === "}" || text === "]") depth -= 1;
    else if (text === ":" && depth === memberDepth && name === '"value"') start = end;
    name = text;
    last = end;
  });
  return values;
}

/** JSON text with a line for each item, as `JSON.stringify(value, null, 2)` has it. */
export function indentJson(json: string): string {
  const parts: string[] = [];
  let line = "\n";
  let before = "";
  eachToken(json, (text) => {
    const opened = before === "{" || before === "[";
    const closes = text === "}" || text === "]";
    if (opened && !closes) line += "  ";
    if (closes && !opened) line = line.slice(0, -2);
    if (opened !== closes || before === ",") parts.push(line);
    parts.push(text === ":" ? ": " : text);
    before = text;
  });
  return parts.join("");
}
