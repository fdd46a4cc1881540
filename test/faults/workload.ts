/** Many clients at once on few keys of the leader, all of whose calls are recorded. */
import { setTimeout as wait } from "node:timers/promises";
import type { Contact } from "../support/contact.ts";
import type { Dice } from "../support/random.ts";
import type { Recorder } from "./recorder.ts";
import type { Transacting } from "./transacting.ts";

export interface WorkloadOptions {
  readonly clients: number;
  /** Each client has a contact of its own. */
  readonly newContact: (client: number) => Contact;
  /** For reads that every node must answer as the leader would. */
  readonly newAnyContact: (dice: Dice) => Contact;
  readonly keys: readonly string[];
  /** What all keys, and no others, start with. */
  readonly prefix: string;
  /** Lowest and highest quorum that a write asks for. */
  readonly quorums: readonly [lowest: number, highest: number];
  /** Bytes that values are padded to. */
  readonly valueBytes: number;
  readonly dice: Dice;
}

export interface Workload {
  /** Ends once every call under way has its answer or was given up. */
  stop(): Promise<void>;
}

interface Client {
  /** Its name. */
  readonly client: string;
  readonly contact: Contact;
  readonly anywhere: Contact;
  readonly dice: Dice;
}

/** Longer than a write may wait for its quorum, so that most calls get a real answer. */
const CLIENT_PATIENCE_MS = 5000;
const WRITE_TIMEOUT_MS = 2000;
/** A frozen node answers nothing; the next read goes to another one. */
const ANYWHERE_PATIENCE_MS = 1500;

export function startWorkload(
  recorder: Recorder,
  transacting: Transacting,
  options: WorkloadOptions,
): Workload {
  const stopping = new AbortController();
  /** The newest version that any client heard of: conditional writes fight over it. */
  const heard = new Map<string, number>();

  const timeoutMs = CLIENT_PATIENCE_MS;

  const batchOnce = async ({ client, contact, dice }: Client, number: number) => {
    const value = `${client}-${number}`;
    const keys = dice.sample(options.keys, dice.whole(2, 4));
    const operations = keys.map((key) => ({ put: { key, value } }));
    const quorum = dice.whole(...options.quorums);
    const [call] = await recorder.performAll(
      contact,
      keys.map((key) => ({ client, kind: "put" as const, key, value: JSON.stringify(value) })),
      {
        method: "POST",
        path: "/write/batch",
        body: { operations, quorum, timeoutMs: WRITE_TIMEOUT_MS },
        timeoutMs,
      },
    );
    return call;
  };

  /** Of any node, or as the leader has it: both show every write that was answered before. */
  const viewOnce = ({ client, contact, anywhere, dice }: Client, keys: readonly string[]) =>
    dice.chance(0.5)
      ? transacting.view(contact, { client, keys, timeoutMs })
      : transacting.view(anywhere, {
          ...{ client, keys, consistency: "linearizable", timeoutMs: ANYWHERE_PATIENCE_MS },
        });

  /** Reads several keys, and writes some of them on condition that all are as it read them. */
  const transactOnce = async (each: Client, number: number) => {
    const { client, contact, dice } = each;
    const keys = dice.sample(options.keys, dice.whole(2, 4));
    const seen = await viewOnce(each, keys);
    if (seen === undefined) return;
    const value = JSON.stringify(`${client}-${number}`);
    const count = dice.whole(1, keys.length - 1);
    const operations = seen.map(({ key, version: ifVersion }, index) =>
      index < count ? { key, value, ifVersion } : { key, ifVersion, isCheck: true },
    );
    await transacting.write(contact, { ...keyed(each, number), client, operations });
  };

  /** Without a condition: only its idempotency key keeps it from taking effect twice. */
  const repeatOnce = async (each: Client, number: number) => {
    const { client, contact, dice } = each;
    const key = dice.pick(options.keys);
    const operations = [{ key, value: JSON.stringify(`${client}-${number}`) }];
    const write = { ...keyed(each, number), client, operations };
    await transacting.write(contact, { ...write, repeats: dice.whole(1, 3) });
  };

  const keyed = ({ client, dice }: Client, number: number) => ({
    idempotencyKey: `${options.prefix}${client}-${number}`,
    repeats: dice.chance(0.5) ? dice.whole(1, 3) : 0,
    body: { quorum: dice.whole(...options.quorums), timeoutMs: WRITE_TIMEOUT_MS },
    timeoutMs,
  });

  /** One key, or all of them, of any node. */
  const readAnywhere = async ({ client, anywhere, dice }: Client, key: string) => {
    const timeoutMs = ANYWHERE_PATIENCE_MS;
    const consistency = "linearizable";
    if (dice.chance(0.2)) {
      await recorder.list(anywhere, { client, ...options, consistency, timeoutMs });
      return undefined;
    }
    const path = `/read?key=${encodeURIComponent(key)}&consistency=${consistency}`;
    const intent = { client, kind: "read" as const, key };
    const call = await recorder.perform(anywhere, intent, { method: "GET", path, timeoutMs });
    recorder.counts.anywhere += call === undefined ? 0 : 1;
    return call;
  };

  const callOnce = async (each: Client, number: number) => {
    const { client, contact, dice } = each;
    if (dice.chance(0.05)) {
      await recorder.list(contact, { client, ...options });
    }
    if (dice.chance(0.08)) {
      return batchOnce(each, number);
    }
    if (dice.chance(0.12)) {
      const act = dice.chance(0.6) ? transactOnce : repeatOnce;
      await act(each, number);
      return undefined;
    }
    const key = dice.pick(options.keys);
    const kind = dice.pick(["put", "put", "put", "read", "read", "read", "delete"] as const);
    const ifVersion = dice.chance(0.35) ? conditionFor(heard.get(key), dice) : undefined;
    if (kind === "read") {
      if (dice.chance(0.4)) {
        return readAnywhere(each, key);
      }
      const path = `/read?key=${encodeURIComponent(key)}`;
      return recorder.perform(contact, { client, kind, key }, { method: "GET", path, timeoutMs });
    }
    const value = `${client}-${number}`.padEnd(options.valueBytes, ".");
    const body = {
      key,
      ...(kind === "put" ? { value } : {}),
      ...(ifVersion === undefined ? {} : { ifVersion }),
      ...(dice.chance(0.5) ? { quorum: dice.whole(...options.quorums) } : {}),
      timeoutMs: WRITE_TIMEOUT_MS,
    };
    const intent = { client, kind, key, ifVersion };
    const wanted = kind === "put" ? { ...intent, value: JSON.stringify(value) } : intent;
    return recorder.perform(contact, wanted, {
      method: kind === "put" ? "PUT" : "DELETE",
      path: "/write",
      body,
      timeoutMs,
    });
  };

  const live = async (each: Client): Promise<void> => {
    const { dice } = each;
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      const call = await callOnce(each, number);
      if (call?.version !== undefined) {
        heard.set(call.key, call.kind === "delete" ? 0 : call.version);
      }
      await wait(call === undefined ? 25 : dice.whole(0, 8));
    }
  };
  const clients = Array.from({ length: options.clients }, (_, index) => {
    const dice = options.dice.fork();
    const contact = options.newContact(index);
    return live({ client: `c${index}`, contact, anywhere: options.newAnyContact(dice), dice });
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(clients);
    },
  };
}

function conditionFor(heard: number | undefined, dice: Dice): number {
  const stale = dice.chance(0.2);
  return stale || heard === undefined ? dice.whole(0, heard ?? 0) : heard;
}
