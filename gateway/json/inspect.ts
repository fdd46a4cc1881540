/**
 * What other programs would refuse or read differently in a parsed value (RFC 7493 lists the same): a
 * name twice in one object, a number beyond the range of a double.
 */
import { JsonFault } from "./tokens.ts";

/** Bytes of a text in which the name that occurs twice is looked for. */
const searchedLengthMax = 64 * 1024;

/**
 * Throws JsonFault unless the parsed value has as many members as its text. Of two members of one name
 * the parser keeps one: counting finds that without a look at any name. Also throws for a number beyond
 * the range of a double, and for a value deeper than `depthMax`.
 */
export function inspect(parsed: unknown, written: number, depthMax: number): void {
  if (membersOf(parsed, depthMax) !== written) throw new TwiceFault();
}

/** An object has fewer members than its text. */
export class TwiceFault extends JsonFault {
  constructor() {
    super("has two members of one name in one object");
  }

  /** The same, naming the member where the text is short enough to look for it. */
  naming(json: string): JsonFault {
    const name = json.length > searchedLengthMax ? undefined : nameTwice(json);
    return name === undefined
      ? this
      : new JsonFault(`has two members called ${shorten(name)} in one object`);
  }
}

/** How many members an object has, not counting those of its members. */
export const countMembers = (parsed: object): number => Object.values(parsed).length;

/** All members, of all objects. */
function membersOf(parsed: unknown, depthLeft: number): number {
  if (typeof parsed !== "object" || parsed === null) return Number(isBeyondDouble(parsed));
  if (depthLeft === 0) throw new TwiceFault();
  const isArray = Array.isArray(parsed);
  // Values alone: names such as "10" would have to be made into strings.
  const items: readonly unknown[] = isArray ? parsed : Object.values(parsed);
  let count = isArray ? 0 : items.length;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (typeof item === "object") {
      if (item !== null) count += membersOf(item, depthLeft - 1);
    } else if (typeof item === "number") isBeyondDouble(item);
  }
  return count;
}

/** False; throws for what the parser made of such a number. */
function isBeyondDouble(parsed: unknown): false {
  if (parsed === Number.POSITIVE_INFINITY || parsed === Number.NEGATIVE_INFINITY) {
    throw new JsonFault("holds a number beyond the range of a double");
  }
  return false;
}

/** The first name that an object of the text has twice, as it is written the second time. */
function nameTwice(json: string): string | undefined {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:]/g) ?? [];
  const objects: Set<string>[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") objects.push(new Set());
    else if (token === "}" || token === "]") objects.pop();
    else if (tokens[at + 1] === ":") {
      const names = objects.at(-1);
      const name = String(JSON.parse(token));
      if (names?.has(name)) return token;
      names?.add(name);
    }
  }
  return undefined;
}

const shorten = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);
