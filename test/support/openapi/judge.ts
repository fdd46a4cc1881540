/** Judges what a node answers by the OpenAPI document that it serves. */
import { gunzipSync } from "node:zlib";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Media, OpenApi, Operation, Responses } from "./types.ts";

/** One request and its answer. */
export interface Exchange {
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  readonly requestBody: Buffer;
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Undefined: it was cut off. */
  readonly body: Buffer | undefined;
}

/** They belong to the connection, or say how the content is sent. */
const transport = new Set([
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding",
]);
/** Where a refusal may have any code. */
const anyRefusal = "/nodes/{id}/{path}";

interface Place {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

export class Judge {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false });
  readonly #checks = new Map<string, ValidateFunction>();

  constructor(document: OpenApi) {
    this.#document = document;
    ajvFormats.default(this.#ajv);
    this.#ajv.addSchema(withoutFurtherMembers(document) as object, "document");
  }

  /** What the document does not say of this exchange; empty: it says all of it. */
  faultsOf(exchange: Exchange): readonly string[] {
    const { method, target, status } = exchange;
    const faults = this.#faultsAt(pathOf(target), exchange);
    return faults.map((fault) => `${method} ${target.slice(0, 200)} ${status}: ${fault}`);
  }

  #faultsAt(path: string, exchange: Exchange): readonly string[] {
    const member = /^\/nodes\/[^/]+(\/.*)$/.exec(path);
    if (member !== null) {
      const [, rest = ""] = member;
      const ofMember = this.#faultsAt(rest, exchange);
      return ofMember.length === 0 || exchange.status < 400
        ? ofMember
        : this.#refusalFaults(exchange);
    }
    const template = this.#templateOf(path);
    const methods = template === undefined ? undefined : this.#document.paths[template];
    const method = exchange.method.toLowerCase();
    const operation = methods?.[method];
    if (template === undefined || operation === undefined) {
      if (exchange.status < 400) return ["neither path nor method is documented"];
      return [...this.#refusalFaults(exchange), ...allowFaults(exchange, methods)];
    }
    return [
      ...this.#answerFaults({ path: template, method, operation }, exchange),
      ...(exchange.status < 300 ? this.#requestFaults(template, operation, exchange) : []),
    ];
  }

  #templateOf(path: string): string | undefined {
    const all = Object.keys(this.#document.paths).filter((one) => one !== anyRefusal);
    return all.find((one) => one === path) ?? all.find((one) => shapeOf(one).test(path));
  }

  /** Of a path or a method that the document does not have. */
  #refusalFaults(exchange: Exchange): readonly string[] {
    const operation = this.#document.paths[anyRefusal]?.["get"];
    if (operation === undefined) return ["calls to members are not documented"];
    return this.#answerFaults({ path: anyRefusal, method: "get", operation }, exchange);
  }

  #answerFaults({ path, method, operation }: Place, exchange: Exchange): readonly string[] {
    const { status, headers, body } = exchange;
    const key = responseKey(operation.responses, status);
    const response = operation.responses[key];
    if (response === undefined) return ["the status is not documented"];
    const name = /^#\/components\/responses\/(.+)$/.exec(response.$ref ?? "")?.[1];
    const pointer =
      name === undefined
        ? ["paths", path, method, "responses", key]
        : ["components", "responses", name];
    const { headers: documented = {}, content } =
      name === undefined ? response : (this.#document.components.responses[name] ?? {});
    const faults = this.#headerFaults(Object.keys(documented), headers);
    // Node drops the bodies of the others.
    if (exchange.method === "HEAD" || status === 304 || status === 204) return faults;
    const type = headers.get("content-type")?.[0] ?? "none";
    const mediaType = content?.[type] === undefined ? "*/*" : type;
    const media = content?.[mediaType];
    if (media === undefined) return [...faults, `content type ${type} is not documented`];
    if (body === undefined) return faults;
    const at = [...pointer, "content", mediaType];
    return [...faults, ...this.#contentFaults({ at, media, type }, exchange, body)];
  }

  #headerFaults(documented: readonly string[], headers: Exchange["headers"]): readonly string[] {
    const known = new Map(documented.map((name) => [name.toLowerCase(), name]));
    const faults: string[] = [];
    for (const [name, values] of headers) {
      if (transport.has(name)) continue;
      const own = known.get(name);
      if (own === undefined) faults.push(`header ${name} is not documented`);
      else {
        const check = this.#check(["components", "headers", own, "schema"]);
        for (const value of values)
          if (!check(value)) faults.push(`header ${name} is ${value}: ${said(check)}`);
      }
    }
    for (const [lower, name] of known)
      if (this.#document.components.headers[name]?.required === true && !headers.has(lower))
        faults.push(`header ${name} is missing`);
    return faults;
  }

  #contentFaults(
    { at, media, type }: { at: readonly string[]; media: Media; type: string },
    { headers, target }: Exchange,
    body: Buffer,
  ): readonly string[] {
    const plain = headers.get("content-encoding")?.[0] === "gzip" ? gunzipSync(body) : body;
    const text = plain.toString();
    if (media["x-events"] !== undefined)
      return eventsIn(text).flatMap((event) => this.#eventFaults(at, media, event));
    if (!/json$/.test(type)) return [];
    const schema = this.#schemaOf([...at, "schema"], pathOf(target), target);
    return this.#jsonFaults(schema, text);
  }

  /** A read answers one of three, as its query says. */
  #schemaOf(schema: readonly string[], path: string, target: string): readonly string[] {
    if (!/(?:^|\/)read$/.test(path) || schema[2] !== "get") return schema;
    const query = new URLSearchParams(target.split("?")[1]);
    if (query.get("raw") === "true") return schema;
    return ["components", "schemas", query.has("key") ? "Entry" : "Page"];
  }

  #eventFaults(
    at: readonly string[],
    media: Media,
    { event, data }: EventSourceMessage,
  ): readonly string[] {
    if (event === undefined && data === "") return [];
    const name = event ?? "message";
    if (media["x-events"]?.[name] === undefined) return [`event ${name} is not documented`];
    return this.#jsonFaults([...at, "x-events", name], data).map((fault) => `${name}: ${fault}`);
  }

  #jsonFaults(schema: readonly string[], text: string): readonly string[] {
    const check = this.#check(schema);
    try {
      return check(JSON.parse(text)) ? [] : [`${said(check)} in ${text.slice(0, 300)}`];
    } catch (error) {
      return [`${String(error)} in ${text.slice(0, 300)}`];
    }
  }

  /** A request that was carried out must be one that the document permits. */
  #requestFaults(path: string, operation: Operation, exchange: Exchange): readonly string[] {
    const faults: string[] = [];
    const { method, target, requestBody } = exchange;
    const known = operation.parameters ?? [];
    for (const [name, value] of new URLSearchParams(target.split("?")[1])) {
      const index = known.findIndex((one) => one.in === "query" && one.name === name);
      const parameter = known[index];
      if (parameter === undefined) {
        faults.push(`query parameter ${name} is not documented`);
        continue;
      }
      const at = ["paths", path, method.toLowerCase(), "parameters", String(index), "schema"];
      const check = this.#check(at);
      if (!check(parameter.schema.type === "integer" ? Number(value) : value))
        faults.push(`query parameter ${name}: ${said(check)}`);
    }
    if (operation.requestBody === undefined) return faults;
    const body = ["requestBody", "content", "application/json", "schema"];
    const at = ["paths", path, method.toLowerCase(), ...body];
    return [...faults, ...this.#jsonFaults(at, requestBody.toString())];
  }

  #check(pointer: readonly string[]): ValidateFunction {
    const $ref = `document#/${pointer.map(escaped).join("/")}`;
    const known = this.#checks.get($ref) ?? this.#ajv.compile({ $ref });
    this.#checks.set($ref, known);
    return known;
  }
}

/** Without origin and query. */
const pathOf = (target: string): string =>
  target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";

const shapeOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replaceAll(".", "\\.")
      .replaceAll("{file}", ".+")
      .replaceAll(/\{\w+\}/g, "[^/]+")}$`,
  );

const responseKey = (responses: Responses, status: number): string =>
  responses[String(status)] === undefined ? `${String(status)[0]}XX` : String(status);

/** A refused method is told the methods that there are. */
function allowFaults(
  { status, headers }: Exchange,
  methods: Readonly<Record<string, Operation>> | undefined,
): readonly string[] {
  if (status !== 405 || methods === undefined) return [];
  const allowed = (headers.get("allow")?.[0] ?? "").split(", ").sort().join();
  const documented = Object.keys(methods).sort().join().toUpperCase();
  return allowed === documented ? [] : [`Allow is ${allowed}, documented are ${documented}`];
}

const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

const said = ({ errors }: ValidateFunction): string =>
  (errors ?? [])
    .map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
    .join("; ");

function eventsIn(text: string): readonly EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(text);
  return events;
}

/** The document permits further members of answers for later versions; this one must have none. */
function withoutFurtherMembers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutFurtherMembers);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [
    name,
    name === "examples" ? value : withoutFurtherMembers(value),
  ]);
  const strict = Object.fromEntries(entries);
  const isOpen =
    strict.type === "object" &&
    typeof strict.properties === "object" &&
    strict.additionalProperties === undefined;
  return isOpen ? { ...strict, additionalProperties: false } : strict;
}
