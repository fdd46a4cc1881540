/** News of a leader for people. Nothing here has an effect on reads, writes or replication. */
import type { LeaderNews } from "../../../replication/leader/leader-effects.ts";
import type { Slot } from "../../../replication/leader/ledger.ts";
import type { Epoch, Instant, Sequence } from "../../../replication/types.ts";
import type { LiveConfig } from "../../api.ts";
import type { NodeParts } from "../../parts.ts";
import { Timeline } from "./timeline.ts";
import { WriteEvents } from "./write-events.ts";

/** Events for pages, figures for `/metrics`, log lines for operators. */
export class LeaderTelemetry {
  readonly #parts: NodeParts;
  readonly #writes: WriteEvents;
  /** When entries were proposed, for the age of what a follower misses. */
  readonly timeline = new Timeline();
  #leadsSince: number | null = null;

  constructor(parts: NodeParts) {
    const { clock, delays } = parts.options;
    this.#parts = parts;
    this.#writes = new WriteEvents({ hub: parts.hub, clock, delays });
  }

  /** Wall-clock milliseconds; null before the node leads. */
  get leadsSince(): number | null {
    return this.#leadsSince;
  }

  /** The node leads; only the first call counts. */
  leads(): void {
    this.#leadsSince ??= this.#parts.options.clock.wall();
  }

  /** Entries from this one on are proposed now. */
  proposing(from: Sequence, now: Instant): void {
    this.timeline.note(from, now);
  }

  /** A write was accepted; its entry is not durable anywhere yet. */
  proposed(slot: Slot): void {
    this.#writes.proposed(slot);
  }

  /** Entries of an earlier leadership settle again without anybody waiting: they are not counted. */
  settled(slot: Slot): void {
    if (slot.inherited) return;
    const { observer, clock } = this.#parts.options;
    const latencyMs = clock.now() - slot.proposedAt;
    observer.settled(latencyMs);
    this.#writes.settled(slot, latencyMs);
  }

  /** A writer was answered that its write settled. */
  answered(latencyMs: number): void {
    this.#parts.options.observer.wrote("settled", latencyMs);
  }

  /** A writer was answered that the outcome of its write is unknown. */
  unknown(slot: Slot, waitedMs: number): void {
    this.#parts.options.observer.wrote("unknown", waitedMs);
    this.#writes.unknown(slot);
  }

  /** The same for a write that was sent before and is committed. */
  repeatUnknown(waitedMs: number): void {
    this.#parts.options.observer.wrote("unknown", waitedMs);
  }

  /** A write was refused with this error code. */
  refused(code: string): void {
    this.#parts.options.observer.wrote("refused", 0);
    this.#writes.refused(code);
  }

  /** The settings in force are these now. */
  settingsChanged(config: LiveConfig): void {
    const { log, clock } = this.#parts.options;
    log.info({ config }, "live settings changed; they are in force now");
    this.#parts.hub.publish({ type: "config", at: clock.wall(), config });
  }

  /** Called once a second. */
  closeSecond(): void {
    this.#writes.closeSecond();
  }

  /** `epoch`: the one in which it happened. */
  news(news: LeaderNews, epoch: Epoch): void {
    const { log, clock, observer } = this.#parts.options;
    switch (news.type) {
      case "acked":
        this.#writes.acked(news.from, news.ranges);
        return;
      case "member": {
        const { id, state, restarted } = news;
        const again = restarted ? ": its process has started again" : "";
        log.info({ member: id, state, restarted, epoch }, `${id} is now ${state}${again}`);
        this.#parts.hub.publish({ type: "member", at: clock.wall(), id, state, restarted });
        return;
      }
      case "storeReplaced": {
        const { id, applied } = news;
        const lacks = "has applied entries that the leader's history lacks";
        log.error({ member: id, applied }, `${id} ${lacks}; a snapshot replaces its store`);
        return;
      }
      case "refused": {
        const { by, reason, isStranger } = news;
        const { strangers } = this.#parts.life;
        if (isStranger) strangers.refused(by, reason);
        else strangers.refuses(by, reason);
        return;
      }
      case "floor": {
        const { quorum, degraded } = news;
        if (degraded) log.warn({ quorum }, degradedFloor);
        else log.info({ quorum }, restoredFloor);
        return;
      }
      case "settings": {
        const { changedBy, changedEpoch } = news.settings;
        log.info({ changedBy, changedEpoch }, `the settings of ${changedBy} are kept`);
        return;
      }
      case "digestMismatch": {
        const { id, applied } = news;
        observer.digestMismatch(id);
        log.error({ member: id, applied }, `${id}: its store differs from the leader's`);
        return;
      }
    }
  }
}

const degradedFloor =
  "low write quorum recorded on too few followers; " +
  "a recovery without this node's disk may lose settled writes";
const restoredFloor =
  "low write quorum recorded on enough followers; a recovery will take it into account";
