/**
 * JSON that keeps every digit. Values belong to users: 9007199254740993 must not come back as
 * 9007199254740992 because a browser looked at it. Where the engine gives access to the source of a
 * number, numbers that a double cannot hold are kept as raw text.
 */
interface SourceContext {
  readonly source?: string;
}
type RawJson = (text: string) => unknown;
const rawJson: RawJson | undefined = (JSON as unknown as { rawJSON?: RawJson }).rawJSON;

function keepDigits(_key: string, value: unknown, context?: SourceContext): unknown {
  if (typeof value !== "number" || rawJson === undefined || context?.source === undefined) {
    return value;
  }
  return JSON.stringify(value) === context.source ? value : rawJson(context.source);
}

/** Throws SyntaxError on text that is not JSON. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, keepDigits as (this: unknown, key: string, value: unknown) => unknown);
}

/** JSON text of a value from `parseJson`, indented for people unless `compact`. */
export function printJson(value: unknown, shape: "indented" | "compact" = "indented"): string {
  return JSON.stringify(value, null, shape === "indented" ? 2 : undefined) ?? "null";
}

export type JsonCheck =
  | {
      readonly ok: true;
      /** Whole numbers of the text that a node, which counts in doubles, would round. */
      readonly rounded: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** Says in words why a text is not JSON. */
export function checkJson(text: string): JsonCheck {
  if (text.trim() === "") return { ok: false, reason: "The value is empty; null is a value." };
  const rounded: string[] = [];
  const note = (_key: string, value: unknown, context?: SourceContext): unknown => {
    const source = context?.source ?? "";
    const isWhole = typeof value === "number" && /^-?\d+$/.test(source);
    if (isWhole && BigInt(source) !== BigInt(value)) rounded.push(source);
    return value;
  };
  try {
    JSON.parse(text, note as (this: unknown, key: string, value: unknown) => unknown);
    return { ok: true, rounded };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
