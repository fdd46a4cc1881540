/** Values on their way in and out: plain JSON, checked by a schema, or the JSON text itself. */
import { type Issue, KVError } from "./errors.ts";

/** What a validator must have: https://standardschema.dev, version 1. Zod, Valibot and ArkType have it. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

export interface ValueOptions<T> {
  /** Checks each value; one that it refuses is the error `INVALID_VALUE`. */
  readonly schema?: StandardSchema<T> | undefined;
  /** Values are their JSON text, with every digit and every name in its place. */
  readonly raw?: boolean | undefined;
}

/** The value of that key as the caller wants it. `value` is its JSON text where `raw` is set. */
export async function readValue<T>(
  value: unknown,
  key: string,
  { schema, raw = false }: ValueOptions<T>,
): Promise<T> {
  if (raw) return value as T;
  return schema === undefined ? (value as T) : await checked(value, key, schema);
}

/** What is written: JSON text. Throws a KVError before anything is sent. */
export async function writeValue<T>(
  value: T,
  key: string,
  { schema, raw = false }: ValueOptions<T>,
): Promise<string> {
  if (schema !== undefined) await checked(value, key, schema);
  try {
    if (!raw) {
      const text = JSON.stringify(value);
      if (text !== undefined) return text;
    } else if (typeof value === "string") {
      // Else the text could bring members of the request with it.
      JSON.parse(value);
      return value;
    }
  } catch (cause) {
    throw new KVError("INVALID_ARGUMENT", `the value of "${key}" is not JSON`, { cause });
  }
  throw new KVError("INVALID_ARGUMENT", `the value of "${key}" is not JSON`);
}

async function checked<T>(value: unknown, key: string, schema: StandardSchema<T>): Promise<T> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const { issues } = result;
  const [first] = issues;
  const message = `the value of "${key}" is not what its schema asks for: ${first?.message}`;
  throw new KVError("INVALID_VALUE", message, { details: { issues } });
}
