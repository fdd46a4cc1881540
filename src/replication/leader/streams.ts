import type { Limits } from "../limits.ts";
import type { Entry, Epoch, FollowerMessage, LeaderMessage, Sequence } from "../types.ts";
import type { StoreView } from "../views.ts";
import type { Backlog } from "./backlog.ts";
import type { LeaderDraft } from "./leader-effects.ts";
import type { Peer } from "./peer.ts";

type Append = Extract<LeaderMessage, { type: "append" }>;
type Receipt = Extract<FollowerMessage, { type: "snapshotReceipt" }>;

/** Chunks of a snapshot that are read in one step, so that writes need not wait for more of them. */
const chunksPerStepMax = 2;

/**
 * The same for appends. Invariant: whoever was sent as many has not acked them, so that an ack asks for the rest.
 */
const appendsPerStepMax = 4;

/** How far the leader's log is, at the moment of sending. */
export interface LogPosition {
  readonly epoch: Epoch;
  readonly committed: Sequence;
  readonly last: Sequence;
}

/**
 * Sends each follower what it lacks: entries from its cursor on as its window allows, or the store
 * when the log no longer reaches back. A slow follower costs a cursor; nothing is queued for it.
 */
export class Streams {
  readonly #limits: Limits;
  readonly #backlog: Backlog;
  readonly #store: StoreView;
  readonly #position: () => LogPosition;
  readonly #out: LeaderDraft;
  /** The last append made: followers at the same place get the very same one. */
  #shared: Append | undefined;
  #snapshots = 0;

  constructor(parts: {
    limits: Limits;
    backlog: Backlog;
    store: StoreView;
    position: () => LogPosition;
    out: LeaderDraft;
  }) {
    this.#limits = parts.limits;
    this.#backlog = parts.backlog;
    this.#store = parts.store;
    this.#position = parts.position;
    this.#out = parts.out;
  }

  /** Begins right after what the follower has applied. */
  begin(peer: Peer): void {
    const next = peer.applied + 1;
    if (next <= this.#position().last && !this.#backlog.reachesBack(next)) {
      this.#startSnapshot(peer);
      return;
    }
    peer.stream(next);
    this.pump(peer);
  }

  /** Its store is not a prefix of this history: nothing of it counts, and all of it is sent anew. */
  replaceStore(peer: Peer): void {
    peer.startsFrom({ applied: 0, digest: "" });
    peer.acked = 0;
    this.#startSnapshot(peer);
  }

  pump(peer: Peer): void {
    const { link } = peer;
    for (let left = appendsPerStepMax; left > 0; left -= 1) {
      if (link.state !== "streaming" || link.next > this.#position().last) return;
      const room = peer.room(this.#limits);
      if (room.entriesMax <= 0 || room.bytesMax <= 0) return;
      const entries = this.#entriesFrom(link.next, room);
      if (entries[0]?.sequence !== link.next) {
        this.#startSnapshot(peer);
        return;
      }
      peer.sent(entries);
      link.told = this.#position().committed;
      this.#out.send(peer.id, this.#appendOf(entries));
    }
  }

  /** Whether somebody was not told how far the log is committed. */
  isUntold(peers: readonly Peer[]): boolean {
    const { committed } = this.#position();
    return peers.some(({ link }) => link.state === "streaming" && link.told < committed);
  }

  /** Tells how far the log is committed to those whom no append has told. */
  announce(peers: readonly Peer[]): void {
    const { committed } = this.#position();
    let message: Append | undefined;
    for (const { id, link } of peers) {
      if (link.state !== "streaming" || link.told >= committed) continue;
      link.told = committed;
      message ??= this.#appendOf([]);
      this.#out.send(id, message);
    }
  }

  receipt(peer: Peer, message: Receipt): void {
    const { link } = peer;
    if (link.state !== "snapshot" || link.number !== message.snapshot) return;
    link.received = Math.max(link.received, message.index + 1);
    if (!message.installed) {
      this.#pumpSnapshot(peer);
      return;
    }
    const { applied, digest } = link.copy;
    peer.drop();
    peer.startsFrom({ applied, digest });
    peer.acked = Math.max(peer.acked, applied);
    peer.stream(applied + 1);
    this.pump(peer);
  }

  #entriesFrom(from: Sequence, room: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    const shared = this.#shared?.entries ?? [];
    const fits =
      shared[0]?.sequence === from &&
      shared.at(-1)?.sequence === this.#position().last &&
      shared[0].epoch <= this.#position().epoch &&
      shared.length <= room.entriesMax &&
      room.bytesMax >= this.#limits.messageBytesMax;
    return fits ? shared : this.#backlog.read(from, room);
  }

  #appendOf(entries: readonly Entry[]): Append {
    const { epoch, committed } = this.#position();
    const shared = this.#shared;
    const same = shared?.entries === entries && shared.committed === committed;
    if (shared !== undefined && same && shared.epoch === epoch) return shared;
    const append: Append = { type: "append", epoch, entries, committed };
    this.#shared = append;
    return append;
  }

  #startSnapshot(peer: Peer): void {
    peer.drop();
    this.#snapshots += 1;
    peer.link = {
      state: "snapshot",
      number: this.#snapshots,
      copy: this.#store.copy(),
      after: undefined,
      sent: 0,
      received: 0,
      ended: false,
      moved: undefined,
    };
    this.#pumpSnapshot(peer);
  }

  #pumpSnapshot(peer: Peer): void {
    const { link } = peer;
    if (link.state !== "snapshot") return;
    const { copy, number } = link;
    const { applied, digest, history } = copy;
    const room = this.#limits.snapshotChunksMax - (link.sent - link.received);
    for (let left = Math.min(room, chunksPerStepMax); left > 0 && !link.ended; left -= 1) {
      const records = copy.page(link.after, this.#limits.chunkBytesMax);
      const last = records.at(-1);
      link.ended = last === undefined;
      link.after = last?.key;
      this.#out.send(peer.id, {
        type: "snapshotChunk",
        epoch: this.#position().epoch,
        snapshot: number,
        index: link.sent,
        records,
        end: link.ended ? { applied, digest, history } : undefined,
      });
      link.sent += 1;
    }
  }
}
