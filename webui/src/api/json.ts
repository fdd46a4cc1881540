/** Values are JSON text from the node to the screen and back: nothing is rounded or reordered. */
export { indentJson, parseEntry, parsePage } from "../../../simulation/compare/json-text.ts";

export type JsonCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Says in words why a text is not JSON. */
export function checkJson(text: string): JsonCheck {
  if (text.trim() === "") return { ok: false, reason: "The value is empty; null is a value." };
  try {
    JSON.parse(text);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
