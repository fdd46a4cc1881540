/**
 * A disk that lives on after its process: what was flushed is there at the next `open`, what was
 * not is lost by a crash. A disk may have written a batch before the power went although nobody was
 * told, so the batch under way survives whole or vanishes whole, as chance has it.
 */
import type {
  Cancel,
  Clock,
  Random,
  Storage,
  StorageFault,
  StoreSummary,
} from "../../node/ports.ts";
import { MemoryState } from "../../storage/memory/state.ts";
import { storageOver } from "../../storage/memory/storage-over.ts";

export type DiskLook = Pick<Storage, "hardState" | "summary" | "readLog" | "get" | "list">;

export interface VirtualDisk {
  /** The storage of a process that starts on this disk. The one before must have crashed. */
  open(): Storage;
  /** What is on the disk right now, for checkers. */
  peek(): StoreSummary;
  /** The same in full: what a process would find that started now. */
  look(): DiskLook;
  /** Power goes: the batch under way may be lost, no `done` is called any more. */
  crash(): void;
  /** A crash after which an empty disk is put in. */
  wipe(): void;
  /** The disk of a node that is down, as another machine may get it. */
  readonly state: MemoryState;
  /** A crash after which that disk is put in. */
  put(state: MemoryState): void;
  /** From now on flushes fault with this reason, before anything is written; undefined heals. */
  fail(reason: string | undefined): void;
  /** Why it refuses to flush at the moment. */
  readonly fault: string | undefined;
  /** From now on a flush takes between half and one and a half times this long. */
  slow(flushMs: number): void;
}

interface Flushing {
  readonly change: () => void;
  readonly done: (fault: StorageFault | undefined) => void;
}

const FLUSH_MS = 0.3;

export function createVirtualDisk(world: { random: Random; clock: Clock }): VirtualDisk {
  return new Disk(world.random, world.clock);
}

class Disk implements VirtualDisk {
  readonly #random: Random;
  readonly #clock: Clock;
  #state = new MemoryState();
  #reason: string | undefined;
  #flushMs = FLUSH_MS;
  /** Invariant: its timer runs exactly while there is one. */
  #unflushed: Flushing | undefined;
  #cancel: Cancel | undefined;
  /** Counts processes, so that the storage of a dead one changes nothing. */
  #process = 0;

  constructor(random: Random, clock: Clock) {
    this.#random = random;
    this.#clock = clock;
  }

  open(): Storage {
    this.crash();
    const process = this.#process;
    this.#state.dropIncoming();
    return storageOver(this.#state, (change, done) => {
      if (process === this.#process) this.#begin({ change, done });
    });
  }

  peek(): StoreSummary {
    return this.#state.summary;
  }

  look(): DiskLook {
    return storageOver(this.#state, () => {
      throw new Error("who looks at a disk does not write to it");
    });
  }

  crash(): void {
    this.#process += 1;
    this.#cancel?.();
    this.#cancel = undefined;
    const unflushed = this.#unflushed;
    this.#unflushed = undefined;
    if (unflushed === undefined || this.#reason !== undefined) return;
    if (this.#random() >= 0.5) unflushed.change();
  }

  wipe(): void {
    this.crash();
    this.#state = new MemoryState();
  }

  get state(): MemoryState {
    return this.#state;
  }

  put(state: MemoryState): void {
    this.crash();
    this.#state = state;
  }

  fail(reason: string | undefined): void {
    this.#reason = reason;
  }

  get fault(): string | undefined {
    return this.#reason;
  }

  slow(flushMs: number): void {
    this.#flushMs = flushMs;
  }

  #begin(flushing: Flushing): void {
    this.#unflushed = flushing;
    const delayMs = this.#flushMs * (0.5 + this.#random());
    this.#cancel = this.#clock.after(delayMs, () => this.#finish(flushing));
  }

  #finish({ change, done }: Flushing): void {
    this.#unflushed = undefined;
    this.#cancel = undefined;
    const fault = this.#reason === undefined ? undefined : { reason: this.#reason };
    if (!fault) change();
    done(fault);
  }
}
