/**
 * Events on their way into the model: they are applied once per animation frame, all at once, and wait
 * while the page is paused.
 */
import { batch } from "@preact/signals";
import type { NodeEvent } from "../api/wire.ts";
import { announce, leadsInWords, wordsFor } from "./feed.ts";
import {
  cluster,
  config,
  heldBack,
  leaderNow,
  leadership,
  members,
  model,
  paused,
  tick,
} from "./live.ts";

/** A member's change is read out while it is this young. */
const newsMs = 5000;
/** Events that a paused or hidden page keeps; of more, the older half is dropped. */
const pendingMax = 50_000;

/** Events that wait for the next animation frame, oldest first. */
let pending: { readonly event: NodeEvent; readonly source: string }[] = [];
let frameAsked = false;

/** Stops showing events, or shows those that came meanwhile and goes on. */
export function setPaused(value: boolean): void {
  paused.value = value;
  heldBack.value = 0;
  if (!value) askForFrame();
}

/** A frame may bring hundreds of events; they are applied together, and drawn once. */
export function take(event: NodeEvent, source: string): void {
  pending.push({ event, source });
  if (pending.length > pendingMax) pending = pending.slice(-pendingMax / 2);
  askForFrame();
}

/** Animation frames stop in a hidden tab; its events must not pile up. */
function askForFrame(): void {
  if (frameAsked) return;
  frameAsked = true;
  if (document.hidden) setTimeout(showPending, 250);
  else requestAnimationFrame(showPending);
}

/** Applies the events that wait, unless the page is paused, and announces a change of a node. */
function showPending(): void {
  frameAsked = false;
  if (paused.value) {
    heldBack.value = pending.length;
    return;
  }
  const events = pending;
  pending = [];
  const ledBefore = model.leadership.epoch;
  const fresh = events
    .filter(({ event, source }) => model.apply(event, source))
    .map(({ event }) => event);
  if (fresh.length === 0) return;
  publish();
  const { epoch } = model.leadership;
  if (ledBefore > 0 && epoch > ledBefore) announce(leadsInWords(model.leadership).text);
  const news = fresh.findLast(({ type }) => type === "member");
  const words = news === undefined ? undefined : wordsFor(news, () => undefined);
  // Replayed history is not read out.
  if (words !== undefined && leaderNow() - (news?.at ?? 0) < newsMs) announce(words.text);
}

/** All signals change at once, so that components see one state. */
function publish(): void {
  batch(() => {
    tick.value++;
    if (model.cluster !== undefined) cluster.value = model.cluster;
    if (model.config !== undefined) config.value = model.config;
    members.value = model.members;
    leadership.value = model.leadership;
  });
}
