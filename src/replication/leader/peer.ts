import type { Limits } from "../limits.ts";
import { Progress } from "../progress.ts";
import type { Digest, Entry, Instant, Member, NodeId, Sequence } from "../types.ts";
import { entryBytes, type StoreCopyView } from "../views.ts";

/** Entries on their way to a follower, message by message. */
interface Flight {
  readonly through: Sequence;
  readonly bytes: number;
}

/** What the leader and one follower are doing together. */
export type PeerLink =
  | { readonly state: "down" }
  /** The stream is open and the promise is awaited. */
  | { readonly state: "preparing" }
  /** Promised; the leader does not lead it yet. */
  | { readonly state: "promised" }
  | {
      readonly state: "snapshot";
      readonly number: number;
      readonly copy: StoreCopyView;
      after: string | undefined;
      /** Chunks sent; the last of them was the end if `ended`. */
      sent: number;
      received: number;
      ended: boolean;
      /** How much was received when that was last more than before. */
      moved: { received: number; at: Instant } | undefined;
    }
  | {
      readonly state: "streaming";
      /** The next entry to send: the cursor of a slow follower. */
      next: Sequence;
      /** The committed mark it was last told. */
      told: Sequence;
      readonly delivered: Progress;
      readonly flights: Flight[];
      flightBytes: number;
    };

/** A follower as its leader knows it. */
export class Peer {
  readonly id: NodeId;
  link: PeerLink = { state: "down" };
  /** What its store showed, as it last reported: mark and digest of one moment. */
  #shown: { readonly applied: Sequence; readonly digest: Digest } = { applied: 0, digest: "" };
  /** What it said of itself when it last promised. */
  #self: { readonly incarnation: string; readonly member: Member } | undefined;
  /** Highest contiguous ack, over all streams since it last came with a disk. */
  acked: Sequence = 0;
  lastHeardAt: Instant | undefined;
  silent = false;
  storageFault = "";
  /** The highest confirming round that it has answered on this stream. */
  confirmed = 0;
  /** The highest heartbeat that it has answered on this stream. */
  heartbeat = 0;
  /** Why it last refused to be led; empty once it promised. */
  refusal = "";
  /** The state last told to the world. */
  reported: "live" | "syncing" | "unreachable" = "unreachable";

  constructor(id: NodeId) {
    this.id = id;
  }

  /** The applied mark it last reported. */
  get applied(): Sequence {
    return this.#shown.applied;
  }

  /** The digest of its store at that mark; empty while it reported none. */
  get digest(): Digest {
    return this.#shown.digest;
  }

  /** Its gateway; undefined before it promised. */
  get member(): Member | undefined {
    return this.#self?.member;
  }

  /** Of its process; empty before it promised. */
  get incarnation(): string {
    return this.#self?.incarnation ?? "";
  }

  /** It begins a stream with its store as it is, for example an empty one because its disk was replaced. */
  startsFrom(store: { applied: Sequence; digest: Digest }): void {
    const { applied, digest } = store;
    this.#shown = { applied, digest };
  }

  /** A report may be older than the last one: mark and digest go together. */
  showed(store: { applied: Sequence; digest: Digest }): void {
    if (store.applied >= this.#shown.applied) this.startsFrom(store);
  }

  /** Live followers count for a quorum: they have a stream of entries, speak, and can flush. */
  get state(): "live" | "syncing" | "unreachable" {
    if (this.silent) return "unreachable";
    if (this.link.state === "snapshot") return "syncing";
    if (this.link.state !== "streaming") return "unreachable";
    return this.storageFault === "" ? "live" : "unreachable";
  }

  /** It promised, and said what it is and holds. */
  promised(message: {
    incarnation: string;
    member: Member;
    applied: Sequence;
    digest: Digest;
  }): void {
    const { incarnation, member } = message;
    this.#self = { incarnation, member };
    this.storageFault = "";
    this.refusal = "";
    this.startsFrom(message);
    this.link = { state: "promised" };
  }

  /** How long its snapshot has not moved on; asked now and then, which is how it is noticed. */
  snapshotStallMs(now: Instant): number {
    const { link } = this;
    if (link.state !== "snapshot") return 0;
    if (link.moved?.received !== link.received) link.moved = { received: link.received, at: now };
    return now - link.moved.at;
  }

  stream(from: Sequence): void {
    this.link = {
      state: "streaming",
      next: from,
      told: 0,
      delivered: new Progress(from - 1),
      flights: [],
      flightBytes: 0,
    };
  }

  /** Entries that may still be sent before another ack. */
  room(limits: Limits): { entriesMax: number; bytesMax: number } {
    const { link } = this;
    if (link.state !== "streaming") return { entriesMax: 0, bytesMax: 0 };
    const ahead = link.next - 1 - link.delivered.contiguous;
    return {
      entriesMax: Math.min(limits.messageEntriesMax, limits.windowEntriesMax - ahead),
      bytesMax: Math.min(limits.messageBytesMax, limits.windowBytesMax - link.flightBytes),
    };
  }

  sent(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (this.link.state !== "streaming" || last === undefined) return;
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    this.link.next = last.sequence + 1;
    this.link.flights.push({ through: last.sequence, bytes });
    this.link.flightBytes += bytes;
  }

  /** Notes acks of this stream and makes room. Sequences that were never sent are ignored. */
  delivered(from: Sequence, to: Sequence): void {
    const { link } = this;
    if (link.state !== "streaming") return;
    const low = Math.max(from, link.delivered.contiguous + 1);
    for (let sequence = low; sequence <= Math.min(to, link.next - 1); sequence += 1)
      link.delivered.add(sequence);
    this.acked = Math.max(this.acked, link.delivered.contiguous);
    let flight = link.flights[0];
    while (flight !== undefined && flight.through <= link.delivered.contiguous) {
      link.flights.shift();
      link.flightBytes -= flight.bytes;
      flight = link.flights[0];
    }
  }

  /** The stream is gone. */
  drop(): void {
    this.confirmed = 0;
    this.heartbeat = 0;
    if (this.link.state === "snapshot") this.link.copy.close();
    this.link = { state: "down" };
  }
}
