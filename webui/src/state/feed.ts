/** Events in plain words. */
import type { NodeEvent } from "../api/wire.ts";
import { duration, inWords, plural } from "../lib/units.ts";
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
  return rest.length === 0 ? `“${first}”` : `“${first}” and ${plural(rest.length, "other key")}`;
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
        text: `Version ${event.sequence}: outcome unknown, ${event.acks.length} of ${event.quorum} acks in time. It may still settle.`,
      };
    case "config":
      return { tone: "plain", text: `Settings are now: ${settings(event.config)}.` };
    case "member":
      return member(event);
    case "rate":
      return event.unshown === 0
        ? undefined
        : { tone: "plain", text: `${plural(event.unshown, "more write")} in one second.` };
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
    text: `${what} as version ${event.sequence}: ${acks} after ${duration(event.latencyMs)}.${late}`,
  };
}

function settings(config: (NodeEvent & { type: "config" })["config"]): string {
  const own = Object.entries(config.followerDelays).map(
    ([id, range]) => `${id} ${range.minDelayMs}–${range.maxDelayMs} ms`,
  );
  const general = `write quorum ${config.writeQuorum}, delays ${config.minDelay}–${config.maxDelay} ms`;
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
