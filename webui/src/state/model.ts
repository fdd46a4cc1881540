/**
 * Everything the page knows of the cluster, made from events alone and bounded in size. It is
 * plain data, changed in place; `live.ts` tells the components when to look again.
 */
import type { ClusterView, LiveConfig, MemberState, NodeEvent } from "../api/wire.ts";
import { Ring } from "../lib/ring.ts";
import { type FeedItem, wordsFor } from "./feed.ts";
import { Traces } from "./traces.ts";

export type Rate = NodeEvent & { type: "rate" };

/** Lag of the followers at one instant of the leader's clock. */
export interface LagSample {
  readonly at: number;
  readonly lag: Readonly<Record<string, { readonly entries: number; readonly ms: number }>>;
}

/**
 * Instants of the newest events of one source; what is not newer was seen before and comes again after
 * a reconnect. Each source has its own clock, so each has its own marks.
 */
interface Marks {
  clusterAt: number;
  rateAt: number;
  configAt: number;
  readonly memberAt: Record<string, number>;
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
const sourcesKept = 16;

export class Model {
  readonly traces = new Traces();
  readonly rates = new Ring<Rate>(300);
  readonly lags = new Ring<LagSample>(900);
  readonly feed = new Ring<FeedItem>(feedKept);
  cluster: ClusterView | undefined;
  clusterAt = 0;
  /** Those of the leader that was heard last. */
  config: LiveConfig | undefined;
  members: Readonly<Record<string, MemberNote>> = {};
  readonly #marks = new Map<string, Marks>();
  /** The leadership that `config` belongs to, and since when it is in force there. */
  #leadership = "";
  #configAt = 0;
  #feedNumber = 0;

  /**
   * A leader greets: its settings replace what was known, also those of a leadership before. `now` is
   * its wall clock at the greeting.
   */
  greeted(leadership: string, greeting: { config: LiveConfig; now: number }): void {
    this.#leadership = leadership;
    this.config = greeting.config;
    this.#configAt = greeting.now;
  }

  /**
   * Takes one event in; true: something on the page changes. `source` names who publishes it: a node
   * in one epoch.
   */
  apply(event: NodeEvent, source = ""): boolean {
    const fresh = this.#take(event, source);
    if (fresh) this.#tell(event);
    return fresh;
  }

  #marksOf(source: string): Marks {
    const known = this.#marks.get(source);
    if (known !== undefined) return known;
    const blank = { clusterAt: 0, rateAt: 0, configAt: 0, memberAt: {} };
    this.#marks.set(source, blank);
    if (this.#marks.size > sourcesKept) {
      const [oldest] = this.#marks.keys();
      if (oldest !== undefined) this.#marks.delete(oldest);
    }
    return blank;
  }

  #take(event: NodeEvent, source: string): boolean {
    const marks = this.#marksOf(source);
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
        return this.#takeCluster(event, marks);
      case "config":
        if (event.at <= marks.configAt) return false;
        marks.configAt = event.at;
        if (source === this.#leadership && event.at > this.#configAt) {
          this.#configAt = event.at;
          this.config = event.config;
        }
        return true;
      case "member":
        return this.#takeMember(event, marks);
      case "rate":
        if (event.at <= marks.rateAt) return false;
        marks.rateAt = event.at;
        this.rates.push(event);
        return true;
    }
  }

  #takeCluster(event: NodeEvent & { type: "cluster" }, marks: Marks): boolean {
    if (event.at <= marks.clusterAt) return false;
    marks.clusterAt = event.at;
    this.clusterAt = event.at;
    this.cluster = event.cluster;
    const lag: Record<string, { entries: number; ms: number }> = {};
    for (const { id, role, lag: entries, lagMs: ms } of event.cluster.nodes) {
      if (role === "follower" && entries !== null && ms !== null) lag[id] = { entries, ms };
    }
    this.lags.push({ at: event.at, lag });
    return true;
  }

  #takeMember(event: NodeEvent & { type: "member" }, marks: Marks): boolean {
    if (event.at < (marks.memberAt[event.id] ?? 0)) return false;
    const former = this.members[event.id];
    if (event.at === former?.since && event.state === former.state) return false;
    marks.memberAt[event.id] = event.at;
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
