/**
 * The query of a request, strictly: unknown and repeated parameters, and text that is not
 * percent-encoded UTF-8, are refused. `+` is a space, as in forms.
 */
import { failed, type Result, succeeded } from "../../src/errors.ts";

/** The parameters of a target. INVALID_ARGUMENT for any that is not among `names`, or is given twice. */
export function readQuery<Name extends string>(
  target: string,
  names: readonly Name[],
): Result<Partial<Record<Name, string>>> {
  const query: Partial<Record<Name, string>> = {};
  const start = target.indexOf("?");
  if (start === -1 || start === target.length - 1) return succeeded(query);
  for (const part of target.slice(start + 1).split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = decode(at === -1 ? part : part.slice(0, at));
    const value = decode(at === -1 ? "" : part.slice(at + 1));
    if (name === undefined || value === undefined) {
      return failed("INVALID_ARGUMENT", "The query is not percent-encoded UTF-8.");
    }
    if (!isOneOf(name, names)) {
      const known = names.length === 0 ? "it takes none" : `known are ${names.join(", ")}`;
      return failed("INVALID_ARGUMENT", `Unknown query parameter ${quote(name)}; ${known}.`);
    }
    if (query[name] !== undefined) {
      return failed("INVALID_ARGUMENT", `The query parameter ${name} is given more than once.`);
    }
    query[name] = value;
  }
  return succeeded(query);
}

/** A whole number in decimal digits, NaN for any other text; undefined stays undefined. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

/** Text of a client inside a sentence of this program: quoted, and cut where it is long. */
export const quote = (text: string): string =>
  JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`);

const isOneOf = <Name extends string>(name: string, names: readonly Name[]): name is Name =>
  (names as readonly string[]).includes(name);

/** Undefined when the text is not percent-encoded UTF-8. */
function decode(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
