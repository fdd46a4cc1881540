/** Events in plain words. */
import type { NodeEvent } from "../api/wire.ts";
import { clamp, count, delayRange, duration, inWords, plural } from "../lib/units.ts";
import type { WriteTrace } from "./traces.ts";

export interface FeedItem {
  readonly number: number;
  /** The leader's wall clock, ms. */
  readonly at: number;
  readonly tone: "plain" | "good" | "warning" | "bad";
  readonly text: string;
}

type Words = Pick<FeedItem, "tone" | "text">;

export function keysInWords(keys: readonly string[]): string {
  const [first, ...rest] = keys;
  if (first === undefined) return "nothing";
  const shown = `“${clamp(first)}”`;
  return rest.length === 0 ? shown : `${shown} and ${plural(rest.length, "other key")}`;
}

/** Undefined: not worth a line. Acks are told together with the settling they lead to. */
export function wordsFor(
  event: NodeEvent,
  find: (sequence: number) => WriteTrace | undefined,
): Words | undefined {
  switch (event.type) {
    case "settled":
      return settled(event, find(event.sequence));
    case "unknown":
      return {
        tone: "warning",
        text: `Version ${count(event.sequence)}: outcome unknown, ${event.acks.length} of ${event.quorum} acks in time. It may still settle.`,
      };
    case "config":
      return { tone: "plain", text: `Settings are now: ${settings(event.config)}.` };
    case "member":
      return member(event);
    case "rate":
      return rate(event);
    case "write":
    case "ack":
    case "cluster":
      return undefined;
  }
}

function settled(event: NodeEvent & { type: "settled" }, trace: WriteTrace | undefined): Words {
  const done = { put: "Wrote", delete: "Deleted", batch: "Wrote a batch of" };
  const what = trace === undefined ? "Wrote" : `${done[trace.kind]} ${keysInWords(trace.keys)}`;
  const acks = event.quorum === 0 ? "no ack asked for" : `ack ${event.quorum} of ${event.quorum}`;
  const late = trace?.wasUnknown === true ? " That outcome was unknown until now." : "";
  return {
    tone: "good",
    text: `${what} as version ${count(event.sequence)}: ${acks} after ${duration(event.latencyMs)}.${late}`,
  };
}

const reasons: Readonly<Record<string, string>> = {
  QUORUM_UNAVAILABLE: "the quorum is out of reach",
  OVERLOADED: "the leader is full",
  RECOVERING: "the leader is not ready yet",
  SHUTTING_DOWN: "the leader is stopping",
  VERSION_MISMATCH: "the key has another version",
  KEY_NOT_FOUND: "there is no such key",
};
/** Answers to a condition or a deletion, rather than troubles of the cluster. */
const expected: readonly string[] = ["VERSION_MISMATCH", "KEY_NOT_FOUND"];

function rate({ unshown, refused }: NodeEvent & { type: "rate" }): Words | undefined {
  const more = unshown === 0 ? "" : `${plural(unshown, "more write")} in one second.`;
  const codes = Object.keys(refused);
  if (codes.length === 0) return more === "" ? undefined : { tone: "plain", text: more };
  const total = Object.values(refused).reduce((sum, number) => sum + number, 0);
  const why = inWords(codes.map((code) => reasons[code] ?? code));
  const tone = codes.every((code) => expected.includes(code)) ? "plain" : "bad";
  const text = `${plural(total, "write")} refused, nothing was written: ${why}. ${more}`.trim();
  return { tone, text };
}

function settings(config: (NodeEvent & { type: "config" })["config"]): string {
  const own = Object.entries(config.followerDelays).map(
    ([id, range]) => `${id} ${delayRange(range.minDelayMs, range.maxDelayMs)}`,
  );
  const general = `write quorum ${config.writeQuorum}, delays ${delayRange(config.minDelay, config.maxDelay)}`;
  return own.length === 0 ? general : `${general}, except ${inWords(own)}`;
}

function member(event: NodeEvent & { type: "member" }): Words {
  const restarted = event.restarted ? " after a restart" : "";
  switch (event.state) {
    case "live":
      return { tone: "good", text: `${event.id} is live${restarted}.` };
    case "syncing":
      return { tone: "warning", text: `${event.id} receives a snapshot${restarted}.` };
    case "unreachable":
      return { tone: "bad", text: `${event.id} is unreachable.` };
  }
}
