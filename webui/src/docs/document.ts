/** The OpenAPI document, as far as this page shows it, and what is read out of it. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Examples = Readonly<Record<string, { readonly value: unknown }>>;

export interface Media {
  readonly schema: Schema;
  readonly examples?: Examples;
  readonly "x-events"?: Readonly<Record<string, Schema>>;
}

interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly examples?: Examples;
}

export interface Answer {
  readonly $ref?: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly "x-needs": string;
  readonly "x-examples": Readonly<
    Record<string, { readonly summary: string; readonly status: number }>
  >;
}

export interface OpenApi {
  readonly info: { readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Every call but those that all paths have. */
export const callsOf = ({ paths }: OpenApi): readonly Call[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== "head" && method !== "options")
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** Whether all words occur in what identifies the call, whatever their case. */
export const matches = ({ method, path, operation }: Call, words: string): boolean => {
  const { operationId, summary, description = "", tags, responses } = operation;
  const refusals = Object.values(responses).map(({ $ref = "" }) => $ref);
  const text = [method, path, operationId, summary, description, ...tags, ...refusals].join(" ");
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
};

/** One member of an object, or of an object inside it: `entries[].key`. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly description: string;
}

const depthMax = 4;

/** All members of a schema in the order of the document. */
export function fieldsOf(
  document: OpenApi,
  schema: Schema,
  prefix = "",
  depth = 0,
): readonly Field[] {
  const known = resolved(document, schema);
  if (depth > depthMax) return [];
  const { properties, required = [], items, additionalProperties } = known;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, member]) => {
      const full = prefix === "" ? name : `${prefix}.${name}`;
      const { description = "" } = { ...resolved(document, member), ...member };
      const own = {
        ...{ name: full, type: typeOf(document, member), description },
        isOptional: !required.includes(name),
      };
      return [own, ...fieldsOf(document, member, full, depth + 1)];
    });
  }
  if (items !== undefined) return fieldsOf(document, items, `${prefix}[]`, depth + 1);
  if (typeof additionalProperties === "object")
    return fieldsOf(document, additionalProperties, `${prefix}.*`, depth + 1);
  const objects = (known.anyOf ?? known.oneOf ?? []).map((one) => resolved(document, one));
  const shown = objects.find((one) => one.properties !== undefined || one.items !== undefined);
  return shown === undefined || prefix === "" ? [] : fieldsOf(document, shown, prefix, depth);
}

/** The kinds of an answer that has several. */
export const variantsOf = (document: OpenApi, schema: Schema): readonly Schema[] => {
  const { anyOf, oneOf } = resolved(document, schema);
  return anyOf ?? oneOf ?? [schema];
};

export const nameOf = ({ $ref, description }: Schema): string =>
  $ref?.split("/").at(-1) ?? description ?? "";

/** In a few words, such as `integer, 1 to 1000` or `Entry[]`. */
export function typeOf(document: OpenApi, schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) {
    return [...new Set(several.map((one) => typeOf(document, one)))].join(" | ");
  }
  if (schema.items !== undefined) return `${typeOf(document, schema.items)}[]`;
  const type = [schema.type ?? "any"].flat().join(" | ");
  const { minimum, maximum } = schema;
  if (minimum === undefined || maximum === undefined) return type;
  return maximum === Number.MAX_SAFE_INTEGER
    ? `${type} ≥ ${minimum}`
    : `${type}, ${minimum} to ${maximum}`;
}

export const answerOf = ({ components }: OpenApi, answer: Answer): Answer =>
  components.responses[answer.$ref?.split("/").at(-1) ?? ""] ?? answer;

/** The codes of a refusal; empty for any other answer. */
export const codesOf = (document: OpenApi, answer: Answer): readonly string[] => {
  const { schema } = answer.content?.["application/problem+json"] ?? {};
  if (schema === undefined) return [];
  return variantsOf(document, schema).map((one) =>
    String(resolved(document, one).properties?.["code"]?.const),
  );
};

/** Every error code with its document. */
export const problemsOf = ({ components }: OpenApi): readonly (readonly [string, Schema])[] =>
  Object.values(components.schemas)
    .filter(({ properties }) => properties?.["code"]?.const !== undefined)
    .map((schema) => [String(schema.properties?.["code"]?.const), schema]);

function resolved({ components }: OpenApi, schema: Schema): Schema {
  return components.schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
}

/** What to type in a shell for an example. `base` ends with a slash. */
export function curlOf({ method, path, operation }: Call, name: string, base: string): string {
  const given = (place: Parameter["in"]) =>
    (operation.parameters ?? [])
      .filter((one) => one.in === place && one.examples?.[name] !== undefined)
      .map((one) => [one.name, String(one.examples?.[name]?.value)] as const);
  let target = path.slice(1);
  for (const [parameter, value] of given("path")) target = target.replace(`{${parameter}}`, value);
  const query = given("query").map(([one, value]) => `${one}=${encodeURIComponent(value)}`);
  const url = `${base}${target}${query.length === 0 ? "" : `?${query.join("&")}`}`;
  const body = operation.requestBody?.content["application/json"]?.examples?.[name]?.value;
  return [
    `curl${method === "GET" ? "" : ` -X ${method}`} ${quoted(url)}`,
    ...given("header").map(([one, value]) => `-H ${quoted(`${one}: ${value}`)}`),
    ...(body === undefined
      ? []
      : [`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(body))}`]),
  ].join(" \\\n  ");
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
