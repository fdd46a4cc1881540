/** The end of a stream that brought a message which is not to be believed. */
import type { Fault } from "./check.ts";

/** Characters of a value that the log shows. */
const shownMax = 40;

/** Names the field, its value and what is allowed, in one sentence. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";

  constructor(type: string, { path, value, allowed }: Fault) {
    const field = path === "" ? type : `${type}.${path}`;
    super(`${field} is ${shown(value)}; it must be ${allowed}`);
  }
}

/** Printable ASCII, whatever the value is; a long one is cut. */
function shown(value: unknown): string {
  if (typeof value !== "string") return String(value);
  const start = JSON.stringify(value.slice(0, shownMax)).replace(/[^\x20-\x7e]/g, escaped);
  return value.length > shownMax ? `${start}… (${value.length} characters)` : start;
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
