/**
 * The OpenAPI 3.1 document of one node, made from its endpoints: each says what it needs, what judges its body,
 * and what it answers. What is served beside the endpoints is added here.
 */
import type { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import type { Need } from "../access/caller.ts";
import { sessionCookie } from "../access/rest-approach.ts";
import { errorCodes } from "../problems.ts";
import { memberCallDoc, memberFolderDoc, pageDocs } from "./calls/pages.ts";
import { codesOf, Refusals } from "./refusals.ts";
import { Schemas } from "./schemas.ts";
import { type AnswerDoc, type CallDoc, type JsonSchema, tags } from "./terms/call-doc.ts";
import {
  answerHeaders,
  commonHeaders,
  compressedHeaders,
  type HeaderName,
  requestHeaders,
} from "./terms/headers.ts";

/** An endpoint, as far as the document tells of it. */
export interface Documented {
  /** In the syntax of Express. */
  readonly path: string;
  readonly methods: Readonly<Record<string, DocumentedCall>>;
}
interface DocumentedCall {
  readonly needs: Need;
  readonly doc: CallDoc;
  readonly body?: z.ZodType;
}

const introduction = `Quorum KV is a replicated key-value store. Any node answers reads; writes go to the leader.

Every refusal is a problem document (RFC 9457) with a stable \`code\`. A code other than \`OUTCOME_UNKNOWN\` and
\`INTERNAL\` promises that nothing was written. Answers may get further members in later versions.

Each path answers \`OPTIONS\`, and \`HEAD\` where it answers \`GET\`. Calls need a token where the node has tokens;
\`x-needs\` is the role that they need.`;

/** `endpoints`: all that the node serves. */
export function makeDocument(endpoints: readonly Documented[]): string {
  return JSON.stringify(new DocumentMaker().make(endpoints));
}

/** Collects what the operations share while they are made. */
class DocumentMaker {
  readonly #answers = new Schemas("answers");
  readonly #requests = new Schemas("requests");
  readonly #refusals = new Refusals(this.#answers);

  make(endpoints: readonly Documented[]): object {
    const pages = Object.entries(pageDocs).map(([path, doc]) => page(path, doc));
    const paths = Object.fromEntries(
      [...endpoints, ...pages].map(({ path, methods }) => [
        path.replaceAll(/[:*](\w+)/g, "{$1}"),
        this.#operations(methods),
      ]),
    );
    const folder: DocumentedCall = { needs: "open", doc: memberFolderDoc };
    paths["/nodes/{id}"] = {
      get: this.#operation(folder),
      head: this.#operation(headOf(folder)),
    };
    paths["/nodes/{id}/{path}"] = this.#memberCalls();
    const requestSchemas = this.#requests.finish();
    const schemas = { ...this.#answers.finish(), ...requestSchemas };
    const responses = [...this.#refusals.all].map(([name, refusal]) => [
      name,
      { ...refusal, headers: headersOf(refusal.headers) },
    ]);
    return {
      openapi: "3.1.0",
      info: {
        title: "Quorum KV",
        version: packageJson.version,
        summary: packageJson.description,
        description: introduction,
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: ".", description: "The node that serves this document." }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      paths,
      components: {
        schemas,
        responses: Object.fromEntries(responses),
        headers: answerHeaders,
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "A token of TOKENS_FILE." },
          cookie: {
            ...{ type: "apiKey", in: "cookie", name: sessionCookie },
            description: "The session of a page; it permits changes to the node's own page alone.",
          },
        },
      },
    };
  }

  /** The calls of one path, with those that every path has. */
  #operations(methods: Readonly<Record<string, DocumentedCall>>): object {
    const operations: Record<string, object> = {};
    for (const [method, call] of Object.entries(methods))
      operations[method.toLowerCase()] = this.#operation(call);
    const get = methods["GET"];
    if (get !== undefined) operations["head"] = this.#operation(headOf(get));
    const first = Object.values(methods)[0]?.doc;
    if (first !== undefined) operations["options"] = this.#operation(optionsOf(first));
    return operations;
  }

  #operation({ needs, doc, body }: DocumentedCall): object {
    const forwards = doc.headers?.includes("Prefer") === true;
    const further = doc.refusals ?? [];
    const codes = codesOf({ needs, hasBody: body !== undefined, further });
    const responses: Record<string, object> = {};
    for (const [status, name] of this.#refusals.of(codes, forwards))
      responses[status] = { $ref: `#/components/responses/${name}` };
    for (const [status, answer] of Object.entries(doc.answers))
      responses[status] = this.#response(doc, answer, Number(status));
    const parameters = parametersOf(doc);
    return {
      ...{ operationId: doc.id, tags: [doc.tag], summary: doc.summary },
      ...(doc.description !== undefined && { description: doc.description }),
      "x-needs": needs,
      security: needs === "open" ? [] : [{ bearer: [] }, { cookie: [] }, {}],
      ...(parameters.length > 0 && { parameters }),
      ...(body !== undefined && {
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: this.#requests.place(body),
              examples: examplesOf(doc, ({ body: value }) => value),
            },
          },
        },
      }),
      responses,
      "x-examples": Object.fromEntries(
        Object.entries(doc.examples).map(([name, { summary, status }]) => [
          name,
          { summary, status },
        ]),
      ),
    };
  }

  #response(doc: CallDoc, answer: AnswerDoc, status: number): object {
    const { description, contentType = "application/json", shape, events, headers = [] } = answer;
    const schema = shape === undefined ? undefined : this.#answers.place(shape);
    const examples = examplesOf(doc, (example) =>
      example.status === status ? example.answer : undefined,
    );
    const isCompressed = status === 304 || (shape !== undefined && status === 200);
    const all = [...commonHeaders, ...(isCompressed ? compressedHeaders : []), ...headers];
    return {
      description,
      headers: headersOf(all),
      ...(schema !== undefined && {
        content: {
          [contentType]: { schema, ...(Object.keys(examples).length > 0 && { examples }) },
        },
      }),
      ...(events !== undefined && {
        content: {
          [contentType]: {
            schema: { type: "string", description: "Server-sent events; see `x-events`." },
            "x-events": Object.fromEntries(
              Object.entries(events).map(([name, data]) => [name, this.#answers.place(data)]),
            ),
          },
        },
      }),
    };
  }

  /** Any method on any path: the answers are those of the member. */
  #memberCalls(): object {
    const methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    const described = (description: string) => ({
      description,
      headers: headersOf(commonHeaders),
      content: { "*/*": {} },
    });
    const refusals = [...this.#refusals.of(errorCodes, true)].map(([status, name]) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]);
    return Object.fromEntries(
      methods.map((method) => {
        const { answers: _, examples, ...doc } = memberCallDoc;
        const own = method === "GET" ? examples : {};
        const id = `${doc.id}${nameOf(method)}`;
        const made = this.#operation({
          needs: "open",
          doc: { ...doc, id, examples: own, answers: {} },
        });
        const responses = {
          "2XX": described("The answer of the member."),
          "3XX": described("The answer of the member."),
          ...Object.fromEntries(refusals),
        };
        return [method.toLowerCase(), { ...made, responses, "x-needs": "as at the member" }];
      }),
    );
  }
}

const nameOf = (method: string): string => `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`;

const page = (path: string, doc: CallDoc): Documented => ({
  path,
  methods: { GET: { needs: "open", doc } },
});

/** The same without a body. */
const headOf = ({ needs, doc }: DocumentedCall): DocumentedCall => ({
  needs,
  doc: {
    ...doc,
    id: `${doc.id}Head`,
    summary: `${doc.summary}: the head of the answer`,
    examples: {},
    answers: Object.fromEntries(
      Object.entries(doc.answers).map(([status, { shape: _, events: __, ...answer }]) => [
        status,
        { ...answer, headers: [...compressedHeaders, ...(answer.headers ?? [])] },
      ]),
    ),
  },
});

const optionsOf = ({ id, tag, path, refusals = [] }: CallDoc): DocumentedCall => ({
  needs: "open",
  doc: {
    ...{ id: `${id}Options`, tag, summary: "The methods of this path" },
    ...(path !== undefined && { path }),
    examples: path === undefined ? { methods: { summary: "The methods", status: 204 } } : {},
    answers: { 204: { description: "They are in `Allow`.", headers: ["Allow"] } },
    refusals: refusals.filter((code) => code === "NOT_FOUND"),
  },
});

function parametersOf(doc: CallDoc): readonly object[] {
  const { path = {}, query = {}, headers = [] } = doc;
  const parameter = (
    place: "path" | "query" | "header",
    name: string,
    { description, schema }: { readonly description: string; readonly schema: JsonSchema },
  ) => {
    const part = place === "header" ? "headers" : place;
    const examples = examplesOf(doc, (example) => {
      const given: Readonly<Record<string, string>> = example[part] ?? {};
      const value = given[name];
      return value !== undefined && schema["type"] === "integer" ? Number(value) : value;
    });
    return {
      ...{ in: place, name, description, schema },
      ...(place === "path" && { required: true }),
      ...(Object.keys(examples).length > 0 && { examples }),
    };
  };
  return [
    ...Object.entries(path).map(([name, one]) => parameter("path", name, one)),
    ...Object.entries(query).map(([name, one]) => parameter("query", name, one)),
    ...headers.map((name) => parameter("header", name, requestHeaders[name])),
  ];
}

/** The examples that have this part, by name: those of one name belong together. */
function examplesOf(
  { examples }: CallDoc,
  part: (example: CallDoc["examples"][string]) => unknown,
): Readonly<Record<string, object>> {
  const found: Record<string, object> = {};
  for (const [name, example] of Object.entries(examples)) {
    const value = part(example);
    if (value !== undefined) found[name] = { summary: example.summary, value };
  }
  return found;
}

const headersOf = (names: readonly HeaderName[]): Readonly<Record<string, object>> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
