/**
 * Everything the page knows of the cluster, made from events alone and bounded in size. It is
 * plain data, changed in place; `live.ts` tells the components when to look again.
 */
import type { ClusterView, LiveConfig, MemberState, NodeEvent } from "../api/wire.ts";
import { Ring } from "../lib/ring.ts";
import { type FeedItem, wordsFor } from "./feed.ts";
import { Traces } from "./traces.ts";

export type Rate = NodeEvent & { type: "rate" };

/** Lag of every follower at one instant of the leader's clock. */
export interface LagSample {
  readonly at: number;
  readonly lag: Readonly<Record<string, { readonly entries: number; readonly ms: number }>>;
}

/** What happened last to a member, for its card. */
export interface MemberNote {
  readonly state: MemberState;
  /** Since when it is in that state; the leader's wall clock. */
  readonly since: number;
  /** Instant of its last restart that this page saw or was told of. */
  readonly restartedAt: number | undefined;
  readonly restarts: number;
}

export interface ModelUpdate {
  readonly cluster: boolean;
  readonly config: boolean;
  readonly members: boolean;
}

const feedKept = 200;

export class Model {
  readonly traces = new Traces();
  readonly rates = new Ring<Rate>(300);
  readonly lags = new Ring<LagSample>(900);
  readonly feed = new Ring<FeedItem>(feedKept);
  cluster: ClusterView | undefined;
  clusterAt = 0;
  config: LiveConfig | undefined;
  members: Readonly<Record<string, MemberNote>> = {};
  /** Events at or before these instants were seen already; they come again after a reconnect. */
  #lastRateAt = 0;
  #lastConfigAt = 0;
  #lastMemberAt: Record<string, number> = {};
  #feedNumber = 0;

  /** Takes one event in; true: something on the page changes. */
  apply(event: NodeEvent): boolean {
    const fresh = this.#take(event);
    if (fresh) this.#tell(event);
    return fresh;
  }

  #take(event: NodeEvent): boolean {
    switch (event.type) {
      case "write":
        return this.traces.wrote(event);
      case "ack":
        return this.traces.acked(event);
      case "settled":
        return this.traces.settled(event);
      case "unknown":
        return this.traces.unknown(event);
      case "cluster":
        return this.#takeCluster(event);
      case "config":
        if (event.at <= this.#lastConfigAt) return false;
        this.#lastConfigAt = event.at;
        this.config = event.config;
        return true;
      case "member":
        return this.#takeMember(event);
      case "rate":
        if (event.at <= this.#lastRateAt) return false;
        this.#lastRateAt = event.at;
        this.rates.push(event);
        return true;
    }
  }

  #takeCluster(event: NodeEvent & { type: "cluster" }): boolean {
    if (event.at <= this.clusterAt) return false;
    this.clusterAt = event.at;
    this.cluster = event.cluster;
    const lag: Record<string, { entries: number; ms: number }> = {};
    for (const member of event.cluster.nodes) {
      if (member.role === "follower") lag[member.id] = { entries: member.lag, ms: member.lagMs };
    }
    this.lags.push({ at: event.at, lag });
    return true;
  }

  #takeMember(event: NodeEvent & { type: "member" }): boolean {
    if (event.at < (this.#lastMemberAt[event.id] ?? 0)) return false;
    const former = this.members[event.id];
    if (event.at === former?.since && event.state === former.state) return false;
    this.#lastMemberAt[event.id] = event.at;
    this.members = {
      ...this.members,
      [event.id]: {
        state: event.state,
        since: former?.state === event.state ? former.since : event.at,
        restartedAt: event.restarted ? event.at : former?.restartedAt,
        restarts: (former?.restarts ?? 0) + (event.restarted ? 1 : 0),
      },
    };
    return true;
  }

  /** A line that no event stands for, such as a reconnect. */
  note(at: number, tone: FeedItem["tone"], text: string): void {
    this.feed.push({ number: ++this.#feedNumber, at, tone, text });
  }

  #tell(event: NodeEvent): void {
    const words = wordsFor(event, (sequence) => this.traces.find(sequence));
    if (words !== undefined) this.note(event.at, words.tone, words.text);
  }
}
