/** The client of a Quorum KV cluster. */
import type { Answer } from "./answers.ts";
import { type Call, type CallOptions, Calls, type Connection } from "./calls.ts";
import { Endpoints } from "./endpoints.ts";
import { isKVError } from "./errors.ts";
import type { Fetch } from "./exchange.ts";
import { elementsOf, membersOf } from "./json-text.ts";
import type * as Types from "./types.ts";
import { readValue, type ValueOptions, writeValue } from "./values.ts";
import { watch } from "./watch.ts";

export interface QuorumKVOptions {
  /** URLs of nodes; any of them will do, and several survive the loss of one. */
  readonly endpoints: string | readonly string[];
  /** Sent as a Bearer token with every call, to these endpoints and to members that they name. */
  readonly token?: string | undefined;
  /** Milliseconds for each call, retries included; absent: 10,000. A call may name its own. */
  readonly timeoutMs?: number | undefined;
  /** False: only `endpoints` are asked, and no member that they name. */
  readonly discover?: boolean | undefined;
  /**
   * False: writes have no idempotency key but the one that a call names, and are not sent again once they
   * may be written.
   */
  readonly idempotency?: boolean | undefined;
  /** Absent: the platform's, with its trust in certificates. */
  readonly fetch?: Fetch | undefined;
}

const defaultTimeoutMs = 10_000;
/** What a node takes as the time that a write waits for its acks. */
const writeTimeoutMs = { min: 1, max: 600_000 } as const;

/** Holds no connection and no timer between calls, so there is nothing to close. */
export class QuorumKV {
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #idempotency: boolean;

  /** Throws a TypeError for an endpoint that is no http or https URL. */
  constructor(options: QuorumKVOptions) {
    const { endpoints, token, timeoutMs = defaultTimeoutMs, discover = true } = options;
    this.#connection = {
      endpoints: new Endpoints([endpoints].flat(), discover),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      timeoutMs,
    };
    this.#calls = new Calls(this.#connection);
    this.#idempotency = options.idempotency ?? true;
  }

  /** Null: there is no such key. */
  async get<T = unknown>(
    key: string,
    options: Types.GetOptions<T> = {},
  ): Promise<Types.Entry<T> | null> {
    const { consistency = "linearizable", minVersion } = options;
    const path = `/read${queryOf({ key, consistency, minVersion })}`;
    const answer = await orMissing(this.#read({ path, isShape: isEntry }, options));
    return answer === null ? null : entryOf(answer.body, answer.text, options);
  }

  /** Up to 128 keys in one view: what the store was at one moment. Null for each key that there is not. */
  async getMany<T = unknown>(
    keys: readonly string[],
    options: Types.GetOptions<T> = {},
  ): Promise<Types.View<T>> {
    const { consistency = "linearizable", minVersion } = options;
    const text = JSON.stringify({ keys, consistency, minVersion });
    const call = { method: "POST", path: "/read", isShape: isView, body: () => text };
    const answer = await this.#read(call, options);
    const { entries, sequence } = answer.body as Types.View<unknown>;
    return { entries: await entriesOf(entries, answer, options), sequence };
  }

  /** One page. */
  async list<T = unknown>(options: Types.ListOptions<T> = {}): Promise<Types.Page<T>> {
    const { prefix, limit, after, consistency = "linearizable" } = options;
    const path = `/read${queryOf({ prefix, limit, after, consistency })}`;
    const answer = await this.#read({ path, isShape: isPage }, options);
    const { entries, next, sequence } = answer.body as Types.Page<unknown>;
    return { entries: await entriesOf(entries, answer, options), next, sequence };
  }

  /** Resolves once the write has its quorum. */
  async put<T>(key: string, value: T, options: Types.PutOptions<T> = {}): Promise<Types.Receipt> {
    const text = await writeValue(value, key, options);
    return this.#write("PUT", "/write", options, `"key":${JSON.stringify(key)},"value":${text}`);
  }

  /** Null: there was no such key. */
  delete(key: string, options: Types.WriteOptions = {}): Promise<Types.Receipt | null> {
    return orMissing(this.#write("DELETE", "/write", options, `"key":${JSON.stringify(key)}`));
  }

  /** Writes 1 to 128 operations as one atomic entry. */
  async batch<T = unknown>(
    operations: readonly Types.Operation<T>[],
    options: Types.PutOptions<T> = {},
  ): Promise<Types.Receipt> {
    const texts = await Promise.all(operations.map((each) => operationText(each, options)));
    return this.#write("POST", "/write/batch", options, `"operations":[${texts}]`);
  }

  /** Every put and delete in order. It goes on after a lost connection, without gap or repeat. */
  watch<T = unknown>(
    options: Types.WatchOptions<T> = {},
  ): AsyncGenerator<Types.WatchEvent<T>, void, undefined> {
    return watch({ calls: this.#calls, connection: this.#connection }, options);
  }

  /** The node that answers. */
  async status(options: CallOptions = {}): Promise<Types.Status> {
    const call = { path: "/status", isShape: isStatus };
    return (await this.#read(call, options)).body as Types.Status;
  }

  /**
   * Any call of docs/api.md: its answer as JSON text. A call that is not a GET goes to the leader,
   * and is not sent again once it may have had its effect.
   */
  async request(
    method: "GET" | "PATCH" | "POST",
    path: string,
    { body, ...options }: CallOptions & { readonly body?: unknown } = {},
  ): Promise<string> {
    if (method === "GET") return (await this.#read({ path }, options)).text;
    const text = JSON.stringify(body);
    const call = { method, path, kind: "write", to: "leader", body: () => text } as const;
    return (await this.#calls.send({ ...options, ...call })).text;
  }

  #read(
    call: Pick<Call, "path" | "isShape" | "body"> & { readonly method?: string },
    { signal, timeoutMs }: CallOptions,
  ): Promise<Answer> {
    return this.#calls.send({
      ...{ method: "GET", kind: "read", to: "any", signal, timeoutMs },
      ...call,
    });
  }

  async #write(
    method: string,
    path: string,
    options: Types.WriteOptions,
    members: string,
  ): Promise<Types.Receipt> {
    const { quorum, ifVersion, trace, signal, timeoutMs } = options;
    const { idempotencyKey = this.#idempotency && newKey() } = options;
    const answer = await this.#calls.send({
      ...{ method, path, kind: "write", to: "leader", signal, timeoutMs, isShape: isReceipt },
      idempotencyKey: idempotencyKey === false ? undefined : idempotencyKey,
      body: (remainingMs) => {
        const body = { quorum, ifVersion, trace, timeoutMs: nodeTimeoutMs(remainingMs) };
        return `{${members},${JSON.stringify(body).slice(1)}`;
      },
    });
    const { acks, ...receipt } = answer.body as Types.Receipt;
    const named = acks.map((ack) => (typeof ack === "string" ? { node: ack } : ack));
    return {
      version: receipt.version,
      quorum: receipt.quorum,
      acks: named,
      latencyMs: receipt.latencyMs,
    };
  }
}

/** The node's answer that the outcome is unknown says more than a timeout here, so it comes first. */
const nodeTimeoutMs = (remainingMs: number): number =>
  Math.min(writeTimeoutMs.max, Math.max(writeTimeoutMs.min, Math.floor(remainingMs * 0.9)));

type Shape = (answer: Record<string, unknown>) => boolean;

const isEntry: Shape = ({ key, version }) => typeof key === "string" && typeof version === "number";
const isView: Shape = ({ entries }) => Array.isArray(entries);
const isPage: Shape = ({ entries }) => Array.isArray(entries) && entries.every(isEntry);
const isStatus: Shape = ({ id, applied }) => typeof id === "string" && typeof applied === "number";
const isReceipt: Shape = ({ version, acks }) => typeof version === "number" && Array.isArray(acks);

/** 128 random bits. `crypto.randomUUID` is missing in pages that came over plain HTTP. */
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(36)).join("-");

/** The entries of an answer; null stays null. */
function entriesOf<T, Given extends Types.Entry<unknown> | null>(
  entries: readonly Given[],
  { text }: Answer,
  options: ValueOptions<T>,
): Promise<(Types.Entry<T> | (Given & null))[]> {
  const texts = options.raw ? elementsOf(membersOf(text).get("entries") ?? "[]") : [];
  return Promise.all(
    entries.map((entry, index) => entry && entryOf(entry, texts[index] ?? "", options)),
  );
}

/** `text` is that of the whole entry; it is read only for raw values. */
async function entryOf<T>(
  entry: unknown,
  text: string,
  { schema, raw }: ValueOptions<T>,
): Promise<Types.Entry<T>> {
  const { key, value, version } = entry as Types.Entry<unknown>;
  const wanted = raw ? membersOf(text).get("value") : undefined;
  return { key, value: await readValue(wanted ?? value, key, { schema, raw }), version };
}

async function operationText<T>(
  operation: Types.Operation<T>,
  options: ValueOptions<T>,
): Promise<string> {
  if (!("put" in operation)) return JSON.stringify(operation);
  const { key, value, ifVersion } = operation.put;
  const condition = ifVersion === undefined ? "" : `,"ifVersion":${JSON.stringify(ifVersion)}`;
  const text = await writeValue(value, key, options);
  return `{"put":{"key":${JSON.stringify(key)},"value":${text}${condition}}}`;
}

/** Null in place of `KEY_NOT_FOUND`. */
async function orMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    // Of a write whose first attempt may still arrive, that says too little.
    if (isKVError(error) && error.code === "KEY_NOT_FOUND" && error.written === "no") return null;
    throw error;
  }
}

function queryOf(given: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `?${query}`;
}
