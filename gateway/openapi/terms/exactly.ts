/** Ties a schema to a type at compile time: neither can change without the other. */
import type { z } from "zod";

/** The type without `readonly` and without intersections, which the schemas do not express. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Plain<T[Name]> }
    : T;

/** What a schema describes, as code reads it. */
export type Described<Schema extends z.ZodType> = Frozen<z.output<Schema>>;
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Frozen<T[Name]> }
    : T;

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Returns the schema as it is. Does not compile unless what it accepts is exactly `T`. */
export const exactly =
  <T>() =>
  <Schema extends z.ZodType>(
    schema: Schema,
    ..._proof: Same<Plain<z.output<Schema>>, Plain<T>> extends true
      ? []
      : [never, "The schema and the type differ."]
  ): Schema =>
    schema;
