/** Turns zod schemas into the JSON Schemas of one document; those with an id become components. */
import { z } from "zod";
import type { JsonSchema } from "./terms/call-doc.ts";

/** Collects schemas, and makes all of them at once: each component is made once. */
export class Schemas {
  readonly #shapes: z.ZodType[] = [];
  readonly #places: Record<string, unknown>[] = [];
  readonly #isAnswers: boolean;

  /** Answers may get members that the document does not have; requests are refused then. */
  constructor(of: "requests" | "answers") {
    this.#isAnswers = of === "answers";
  }

  /** The place where the schema will be once `finish` has run. */
  place(shape: z.ZodType): JsonSchema {
    const place = {};
    this.#shapes.push(shape);
    this.#places.push(place);
    return place;
  }

  /** Fills all places, and returns the components by name. */
  finish(): Readonly<Record<string, JsonSchema>> {
    const { $defs = {}, prefixItems = [] } = z.toJSONSchema(
      z.tuple(this.#shapes as [z.ZodType, ...z.ZodType[]]),
      {
        io: this.#isAnswers ? "output" : "input",
        // What a schema cannot say its metadata does.
        unrepresentable: "any",
        override: ({ jsonSchema }) => {
          if (this.#isAnswers && jsonSchema.additionalProperties === false)
            delete jsonSchema.additionalProperties;
          delete jsonSchema.propertyNames;
          if (jsonSchema.id !== undefined) delete jsonSchema.id;
        },
      },
    );
    for (const [index, made] of prefixItems.entries())
      Object.assign(this.#places[index] ?? {}, pointed(made));
    return pointed($defs) as Readonly<Record<string, JsonSchema>>;
  }
}

/** References lead to the components of an OpenAPI document. */
function pointed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(pointed);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === "$ref" && typeof value === "string"
        ? value.replace("#/$defs/", "#/components/schemas/")
        : pointed(value),
    ]),
  );
}
