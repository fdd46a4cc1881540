/** What the clients of a story do: they write and read. */
import type { Result } from "../../errors.ts";
import type { KeyValue, WriteRequest } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import type { Observed } from "../checks/observed.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { describeAnswer, describeRead, describeView, milliseconds } from "./stage-words.ts";
import type { Truth } from "./truth.ts";

type Options = Readonly<Record<string, string>>;

/** The world that clients of a story live in. */
export interface Surroundings {
  readonly cluster: VirtualCluster;
  /** Who leads, or was to lead. */
  readonly leader: NodeId;
  readonly observed: Observed;
  readonly truth: Truth;
  /** The command has come to the point where it was to end. */
  readonly isCut: boolean;
  /** Tells what happens now. */
  say(line: string): void;
  /** Tells it without the time. */
  print(line: string): void;
  /** Lets time pass, at most until something has come to pass. */
  run(forMs: number, until?: () => boolean): Promise<void>;
}

/** How long a client waits for its answer, unless told otherwise. */
const answerMs = 20;

export class StageClients {
  readonly #world: Surroundings;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  async write(options: Options): Promise<void> {
    const { cluster, observed, truth } = this.#world;
    const { at, wait, until: _, ...asked } = options;
    const leader = at ?? this.#world.leader;
    const node = at === undefined || cluster.members.has(at) ? cluster.node(leader) : undefined;
    if (node === undefined || (node.role !== "leader" && at === undefined)) {
      this.#world.say("the leader is down");
      return;
    }
    let answered = false;
    const { request, name } = requestOf(asked);
    observed.asked(request);
    const told = truth.write(leader, request);
    node.submit(request, (result) => {
      answered = true;
      observed.told(leader, request, result);
      told(result);
      this.#world.say(`${name}: ${describeAnswer(result)}`);
    });
    await this.#wait(wait, () => answered);
  }

  async #wait(wait: string | undefined, answered: () => boolean): Promise<void> {
    await this.#world.run(wait === undefined ? answerMs : milliseconds(wait), answered);
    if (!answered()) this.#world.say("no answer yet");
  }

  async writeMany(count: number, options: Options): Promise<void> {
    const { cluster, leader, truth } = this.#world;
    const node = cluster.node(leader);
    const outcomes = new Map<string, number>();
    for (let number = 1; number <= count && !this.#world.isCut; number += 1) {
      const operations = [{ key: `k${number % 10}`, value: String(number) }];
      const quorum = options["quorum"] === undefined ? {} : { quorum: Number(options["quorum"]) };
      const request = { operations, ...quorum };
      if (node?.role === "leader") {
        const told = truth.write(leader, request);
        node.submit(request, (result) => {
          told(result);
          const outcome = result.ok ? "settled" : result.failure.code;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        });
      }
      if (options["gap"] !== undefined) await this.#world.run(milliseconds(options["gap"]));
    }
    await this.#world.run(answerMs);
    for (const [outcome, times] of outcomes) this.#world.print(`${times} writes: ${outcome}`);
  }

  async read(id: NodeId, key: string, options: Options): Promise<void> {
    const minVersion = options["min"] === undefined ? undefined : Number(options["min"]);
    const consistency = options["as"] === "linearizable" ? "linearizable" : undefined;
    const told = this.#world.truth.read(id, key, consistency);
    const answer = this.#world.cluster.node(id)?.read({ key, minVersion, consistency });
    if (answer === undefined) this.#world.say(`${id} is down`);
    else if (answer instanceof Promise) {
      let answered = false;
      void answer.then((result) => {
        answered = true;
        told?.(result);
        this.#noteShown(id, key, result);
        this.#world.say(`${id} shows ${key}: ${describeRead(result)}`);
      });
      await this.#wait(undefined, () => answered);
    } else {
      told?.(answer);
      this.#noteShown(id, key, answer);
      this.#world.print(`${key}: ${describeRead(answer)}`);
    }
  }

  /** Several keys as of one moment. */
  async view(id: NodeId, keys: readonly string[], { as, wait }: Options): Promise<void> {
    const consistency = as === "local" ? "local" : "linearizable";
    const node = this.#world.cluster.node(id);
    if (node === undefined) return;
    const told = this.#world.truth.view(id, keys, consistency);
    let answered = false;
    void Promise.resolve(node.readMany({ keys, consistency })).then((result) => {
      answered = true;
      told(result);
      this.#world.say(`${id} shows ${describeView(keys, result)}`);
    });
    await Promise.resolve();
    await this.#wait(wait, () => answered);
  }

  #noteShown(id: NodeId, key: string, result: Result<KeyValue>): void {
    const { cluster, observed } = this.#world;
    if (cluster.failover ? cluster.node(id)?.role !== "leader" : id !== cluster.leader) return;
    if (result.ok) observed.shown(id, key, result.value);
    else if (result.failure.code === "KEY_NOT_FOUND") observed.shown(id, key, undefined);
  }
}

function requestOf(asked: Options): { readonly request: WriteRequest; readonly name: string } {
  const { quorum, timeout, if: ifVersion, check, once, ...values } = asked;
  const checks = (check ?? "").split(",").flatMap((text) => {
    const [key = "", version = ""] = text.split(":");
    return key === "" ? [] : [{ key, ifVersion: Number(version), isCheck: true }];
  });
  const writes = Object.entries(values).map(([key, text]) => ({
    key,
    value: text === "" ? undefined : jsonOf(text),
    ifVersion: ifVersion === undefined ? undefined : Number(ifVersion),
  }));
  // Two writes with one key ask for the same if they write the same.
  const idempotency =
    once === undefined ? {} : { idempotency: { key: once, request: JSON.stringify(values) } };
  const request = {
    operations: [...checks, ...writes],
    timeoutMs: timeout === undefined ? undefined : milliseconds(timeout),
    ...idempotency,
    ...(quorum === undefined ? {} : { quorum: Number(quorum) }),
  };
  return {
    request,
    name: writes.map(({ key, value }) => `${key}=${value ?? "deleted"}`).join(" "),
  };
}

/** A value is JSON text. What is none is taken for a string, as somebody means it who types `name=Ada`. */
function jsonOf(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
