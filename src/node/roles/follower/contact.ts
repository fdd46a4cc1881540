/** What a follower last heard from its leader, and when. */
import type { Follower } from "../../../replication/follower/follower.ts";
import type { Instant, LeaderMessage } from "../../../replication/types.ts";
import type { LogEnd } from "../../ahead-watches.ts";
import { heartbeatAgeMsMax } from "../../life.ts";
import type { Clock } from "../../ports.ts";

/** What a follower has heard from its leader, beyond what the rules of following keep. */
export class LeaderContact {
  readonly #core: Follower;
  readonly #clock: Clock;
  /** So long an elected leader may lead on that no follower answers; 0: nobody else can lead. */
  readonly #aloneMsMax: number;
  #heardAt: Instant | undefined;
  /** As the followed leader's last heartbeat reported; undefined before its first one. */
  #logEnd: LogEnd | undefined;
  #takesSnapshot = false;

  constructor(core: Follower, clock: Clock, aloneMsMax: number) {
    this.#core = core;
    this.#clock = clock;
    this.#aloneMsMax = aloneMsMax;
  }

  /** How far the leader's log reaches, as far as a heartbeat has told. */
  get logEnd(): LogEnd | undefined {
    return this.#logEnd;
  }

  /** A snapshot is arriving: from its first part until it is installed or its stream ends. */
  get takesSnapshot(): boolean {
    return this.#takesSnapshot;
  }

  /** Milliseconds since any message of a leader; null if there was none. */
  get sinceMs(): number | null {
    return this.#heardAt === undefined ? null : this.#clock.now() - this.#heardAt;
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** The rules have taken this message. A promise or a new stream voids what was heard before. */
  taken(message: LeaderMessage): void {
    const { type } = message;
    const { following, news } = this.#core;
    if (!following || type === "lead") this.#logEnd = undefined;
    if (!following || type !== "heartbeat" || news === undefined) return;
    const trueAt = this.#clock.now() - heartbeatAgeMsMax - this.#aloneMsMax;
    // A leader that cannot lead may have been replaced: what it says of its log may be old.
    this.#logEnd = message.able === false ? undefined : { last: news.last, trueAt };
  }

  streamClosed(): void {
    this.#logEnd = undefined;
    this.#takesSnapshot = false;
  }

  snapshotBegins(): void {
    this.#takesSnapshot = true;
  }

  snapshotInstalled(): void {
    this.#takesSnapshot = false;
  }
}
