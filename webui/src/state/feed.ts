/** What happened, in words: the lines of the feed, and the line that a screen reader reads out. */
import { signal } from "@preact/signals";
import type { LeaderEvent, NodeEvent } from "../api/wire.ts";
import { causeOf, isExpected } from "../lib/refusals.ts";
import {
  clamp,
  count,
  delayRange,
  duration,
  inWords,
  plural,
  type Tone,
  timeToSecond,
  total,
} from "../lib/units.ts";
import type { WriteTrace } from "./traces.ts";

export interface FeedItem {
  /** Unique on this page; grows with each line. */
  readonly number: number;
  /** The leader's wall clock, ms. */
  readonly at: number;
  readonly tone: Tone;
  readonly text: string;
}

export type Words = Pick<FeedItem, "tone" | "text">;

export const announcement = signal("");

/** Has a screen reader read a sentence that otherwise only eyes would notice. */
export function announce(text: string): void {
  announcement.value = text;
}

/** “greeting”, or “greeting” and 2 other keys. */
export function keysInWords(keys: readonly string[]): string {
  const [first, ...rest] = keys;
  if (first === undefined) return "nothing";
  const shown = `“${clamp(first)}”`;
  return rest.length === 0 ? shown : `${shown} and ${plural(rest.length, "other key")}`;
}

/**
 * The line for an event; undefined when it is not worth one. Writes and acks have no lines of their
 * own: the line of the settled entry covers them, with the keys that `find` remembers.
 */
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
      return { tone: "plain", text: `Settings are now: ${settings(event)}.` };
    case "member":
      return member(event);
    case "rate":
      return rate(event);
    case "write":
    case "ack":
    case "cluster":
    case "leader":
      return undefined;
  }
}

/** Who leads, in which epoch, and since when by its own wall clock, as far as that is known. */
export interface Leadership {
  readonly leader: string;
  readonly epoch: number;
  readonly since: number | undefined;
}

/** The line for a new leader. */
export function leadsInWords({ leader, epoch, since }: Leadership): Words {
  const when = since === undefined ? "" : ` since ${timeToSecond(since)}`;
  return { tone: "good", text: `${leader} leads${when}, epoch ${count(epoch)}.` };
}

/** The line for what a node tells of its own part in an election; undefined: another line says it. */
export function electionInWords(node: string, event: LeaderEvent): Words | undefined {
  if (event.role === "candidate") {
    return { tone: "plain", text: `${node} stands for leader in epoch ${count(event.epoch)}.` };
  }
  if (event.leader !== "") return undefined;
  return { tone: "warning", text: `${node} knows no leader.` };
}

/** The keys are unknown for a write that the page has forgotten, or never saw. */
function settled(event: NodeEvent & { type: "settled" }, trace: WriteTrace | undefined): Words {
  const done = { put: "Wrote", delete: "Deleted", batch: "Wrote a batch of" };
  const what = trace === undefined ? "Wrote" : `${done[trace.kind]} ${keysInWords(trace.keys)}`;
  const acks = event.quorum === 0 ? "no ack required" : `ack ${event.quorum} of ${event.quorum}`;
  const late = trace?.wasUnknown === true ? " That outcome was unknown until now." : "";
  return {
    tone: "good",
    text: `${what} as version ${count(event.sequence)}: ${acks} after ${duration(event.latencyMs)}.${late}`,
  };
}

/** One line per second: writes that are too many to be listed, and writes that were refused. */
function rate({ unshown, refused }: NodeEvent & { type: "rate" }): Words | undefined {
  const more = unshown === 0 ? "" : `${plural(unshown, "more write")} in one second.`;
  const codes = Object.keys(refused);
  if (codes.length === 0) return more === "" ? undefined : { tone: "plain", text: more };
  const why = inWords(codes.map(causeOf));
  const text = `${plural(total(refused), "write")} refused, nothing was written: ${why}. ${more}`;
  return { tone: codes.every(isExpected) ? "plain" : "bad", text: text.trim() };
}

/** All settings, because an event has all of them, whichever was changed. */
function settings({ config }: NodeEvent & { type: "config" }): string {
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
      return { tone: "warning", text: `${event.id} is receiving a snapshot${restarted}.` };
    case "unreachable":
      return { tone: "bad", text: `${event.id} is unreachable.` };
  }
}
