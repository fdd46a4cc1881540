/**
 * Everything the page knows about the cluster, built from events alone and bounded in size. It is
 * plain data, changed in place; the signal `tick` in `live.ts` says when to read it again.
 */
import type { ClusterView, LeaderEvent, LiveConfig, MemberState, NodeEvent } from "../api/wire.ts";
import { Ring } from "../lib/ring.ts";
import {
  electionInWords,
  type FeedItem,
  type Leadership,
  leadsInWords,
  type Words,
  wordsFor,
} from "./feed.ts";
import { Traces } from "./traces.ts";

/** The figures of one second: how many writes, how long they took, how many were refused. */
export type Rate = NodeEvent & { type: "rate" };
type ClusterEvent = NodeEvent & { type: "cluster" };
type MemberEvent = NodeEvent & { type: "member" };

/** Lag of the followers at one instant of the leader's clock. */
export interface LagSample {
  readonly at: number;
  readonly lag: Readonly<Record<string, { readonly entries: number; readonly ms: number }>>;
}

/**
 * Instants of the newest events of one source. An event that is not newer was seen before: streams
 * replay their history after a reconnect. Each source has its own clock, so each has its own instants.
 */
interface NewestAt {
  cluster: number;
  rate: number;
  config: number;
  leader: number;
  readonly members: Record<string, number>;
}

/** What happened last to a member, for its card. */
export interface MemberNote {
  readonly state: MemberState;
  /** Since when it is in that state; the leader's wall clock. */
  readonly since: number;
  /** Instant of the last restart that this page knows of. */
  readonly restartedAt: number | undefined;
  readonly restarts: number;
}

/** The node in the name of a source. */
const nodeIn = (source: string): string => source.split(" ", 1)[0] ?? "";

const feedKept = 200;
const sourcesKept = 16;
/** Seconds of figures: five minutes. */
const ratesKept = 300;
/** Reports of the cluster, of which two come each second: over seven minutes. */
const lagsKept = 900;

export class Model {
  readonly traces = new Traces();
  readonly rates = new Ring<Rate>(ratesKept);
  readonly lags = new Ring<LagSample>(lagsKept);
  readonly feed = new Ring<FeedItem>(feedKept);
  cluster: ClusterView | undefined;
  /** Instant of the report in `cluster`; 0 before the first one. */
  clusterAt = 0;
  /** The settings of the leader that was heard last. */
  config: LiveConfig | undefined;
  members: Readonly<Record<string, MemberNote>> = {};
  /** As a leader told last of itself; epoch 0 before that. */
  leadership: Leadership = { leader: "", epoch: 0, since: undefined };
  readonly #newestOf = new Map<string, NewestAt>();
  /** The source that `config` is from: a leader in one epoch. */
  #leadership = "";
  /** Since when `config` is in force, by that leader's clock. */
  #configAt = 0;
  #feedNumber = 0;

  /**
   * Takes in a leader's greeting: its settings replace those known, also those of an earlier epoch.
   * `leadership` names the source of its events; `now` is its wall clock at the greeting, ms.
   */
  greeted(
    leadership: string,
    greeting: { config: LiveConfig; now: number; node: string; epoch: number },
  ): void {
    const { node: leader, epoch } = greeting;
    // A cluster that has lost its data counts its epochs from 1 again.
    if (epoch < this.leadership.epoch) this.leadership = { leader, epoch, since: undefined };
    this.#leadership = leadership;
    this.config = greeting.config;
    this.#configAt = greeting.now;
  }

  /**
   * Takes one event in. True when it was new, so that something on the page changes. `source` names
   * its publisher: the id of a node, and the start of its process.
   */
  apply(event: NodeEvent, source = ""): boolean {
    const fresh = this.#take(event, source);
    const words = fresh ? this.#wordsFor(event, source) : undefined;
    if (words !== undefined) this.note(event.at, words.tone, words.text);
    return fresh;
  }

  #wordsFor(event: NodeEvent, source: string): Words | undefined {
    switch (event.type) {
      case "leader":
        return this.#election(event, nodeIn(source));
      case "cluster":
        return this.#leads(event.cluster);
      default:
        return wordsFor(event, (sequence) => this.traces.find(sequence));
    }
  }

  /** What is older than the leadership that is known is no news. */
  #election(event: LeaderEvent, node: string): Words | undefined {
    const { epoch, at } = event;
    if (event.role === "leader")
      return this.#leads({ leader: node, epoch, leaderSince: at, fromLeader: true });
    const isOld = epoch < this.leadership.epoch;
    const isOver = event.role === "candidate" && epoch === this.leadership.epoch;
    return isOld || isOver ? undefined : electionInWords(node, event);
  }

  /** A line for each new leadership but the first, which the page was opened in. */
  #leads(told: Pick<ClusterView, "leader" | "epoch" | "leaderSince" | "fromLeader">) {
    const { leader, epoch, fromLeader } = told;
    const known = this.leadership;
    if (!fromLeader || epoch < known.epoch) return undefined;
    const since = told.leaderSince ?? (epoch === known.epoch ? known.since : undefined);
    this.leadership = { leader, epoch, since };
    const isNew = known.epoch > 0 && epoch > known.epoch;
    return isNew ? leadsInWords(this.leadership) : undefined;
  }

  #newest(source: string): NewestAt {
    const known = this.#newestOf.get(source);
    if (known !== undefined) return known;
    const blank = { cluster: 0, rate: 0, config: 0, leader: 0, members: {} };
    this.#newestOf.set(source, blank);
    if (this.#newestOf.size > sourcesKept) {
      const [oldest] = this.#newestOf.keys();
      if (oldest !== undefined) this.#newestOf.delete(oldest);
    }
    return blank;
  }

  #take(event: NodeEvent, source: string): boolean {
    const newest = this.#newest(source);
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
        return this.#takeCluster(event, newest);
      case "config":
        if (event.at <= newest.config) return false;
        newest.config = event.at;
        if (source === this.#leadership && event.at > this.#configAt) {
          this.#configAt = event.at;
          this.config = event.config;
        }
        return true;
      case "leader":
        if (event.at < newest.leader) return false;
        newest.leader = event.at;
        return true;
      case "member":
        return this.#takeMember(event, newest);
      case "rate":
        if (event.at <= newest.rate) return false;
        newest.rate = event.at;
        this.rates.push(event);
        return true;
    }
  }

  #takeCluster(event: ClusterEvent, newest: NewestAt): boolean {
    if (event.at <= newest.cluster) return false;
    newest.cluster = event.at;
    this.clusterAt = event.at;
    this.cluster = event.cluster;
    const lag: Record<string, { entries: number; ms: number }> = {};
    for (const { id, role, lag: entries, lagMs: ms } of event.cluster.nodes) {
      if (role === "follower" && entries !== null && ms !== null) lag[id] = { entries, ms };
    }
    this.lags.push({ at: event.at, lag });
    return true;
  }

  #takeMember(event: MemberEvent, newest: NewestAt): boolean {
    if (event.at < (newest.members[event.id] ?? 0)) return false;
    const former = this.members[event.id];
    if (event.at === former?.since && event.state === former.state) return false;
    newest.members[event.id] = event.at;
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

  /** Adds a line to the feed, such as one about the connection, which no event reports. */
  note(at: number, tone: FeedItem["tone"], text: string): void {
    this.feed.push({ number: ++this.#feedNumber, at, tone, text });
  }
}
