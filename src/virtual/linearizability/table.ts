/** The calls of one key while the search places them one by one: who may come next, and who cannot. */
import type { Call } from "./history.ts";
import { apply, type Register } from "./model.ts";
import { type Row, rowsOf } from "./rows.ts";

export class Table {
  /** In order of start. */
  readonly #rows: readonly Row[];
  readonly #unknown: readonly number[];
  /** Required rows by rising `needs`. */
  readonly #byNeed: readonly number[];
  /** Where each row stands in #byNeed. */
  readonly #needPosition: Int32Array;
  readonly #placed: Uint8Array;
  readonly #requiredCount: number;
  /** Only of values that were read: the others cannot be told apart. */
  readonly #valueIds = new Map<string, number>();
  /** Required reads and possible puts of each value that are not placed yet. */
  readonly #reads: Int32Array;
  readonly #puts: Int32Array;
  /** Invariant: every required row before it is placed. */
  #first = 0;
  /** Invariant: every row of #byNeed before it is placed. */
  #firstNeed = 0;
  #requiredPlaced = 0;
  #work = 0;
  /** Two independent hashes of the set of placed rows. */
  #hashA = 0;
  #hashB = 0;

  constructor(calls: readonly Call[]) {
    this.#rows = rowsOf(calls);
    const indices = this.#rows.map((_, index) => index);
    this.#unknown = indices.filter((index) => !this.row(index).required);
    this.#byNeed = indices
      .filter((index) => this.row(index).required)
      .sort((a, b) => this.row(a).needs - this.row(b).needs);
    this.#needPosition = new Int32Array(this.#rows.length);
    for (const [position, index] of this.#byNeed.entries()) {
      this.#needPosition[index] = position;
    }
    this.#requiredCount = this.#byNeed.length;
    this.#placed = new Uint8Array(this.#rows.length);
    for (const { call } of this.#rows) {
      if (call.kind === "read" && call.value !== undefined && !this.#valueIds.has(call.value)) {
        this.#valueIds.set(call.value, this.#valueIds.size);
      }
    }
    this.#reads = new Int32Array(this.#valueIds.size);
    this.#puts = new Int32Array(this.#valueIds.size);
    for (const row of this.#rows) {
      this.#count(row, 1);
    }
  }

  call(index: number): Call {
    return this.row(index).call;
  }

  apply(register: Register, index: number): Register | undefined {
    this.#work += 1;
    return apply(register, this.call(index));
  }

  isRequired(index: number): boolean {
    return this.row(index).required;
  }

  row(index: number): Row {
    const row = this.#rows[index];
    if (row === undefined) {
      throw new RangeError(`no call ${index}`);
    }
    return row;
  }

  get done(): boolean {
    return this.#requiredPlaced === this.#requiredCount;
  }

  /** Calls tried on a register so far. */
  get work(): number {
    return this.#work;
  }

  get depth(): number {
    return this.#requiredPlaced;
  }

  place(index: number): void {
    this.#mark(index, 1);
  }

  remove(index: number): void {
    this.#mark(index, 0);
    this.#first = Math.min(this.#first, index);
    if (this.row(index).required) {
      this.#firstNeed = Math.min(this.#firstNeed, this.#needPosition[index] ?? 0);
    }
  }

  /**
   * Required calls that may come next; only one where that one can be placed without loss.
   * @param without the register before a last call of unknown outcome, which must have been needed.
   */
  required(register: Register, without: Register | undefined): readonly number[] {
    const open = this.#open();
    for (const index of open) {
      if (this.apply(register, index) === register && this.#isNeeded(without, index)) {
        return [index];
      }
    }
    return open
      .filter((index) => this.#isNeeded(without, index))
      .sort((a, b) => this.#byVersionThenAnswer(a, b));
  }

  /** Calls of unknown outcome that may come next and would make possible what was not. */
  optional(register: Register, without: Register | undefined): readonly number[] {
    const open = this.#open();
    if (open.some((index) => this.apply(register, index) === register)) {
      return [];
    }
    const horizon = Math.min(...open.map((index) => this.row(index).returned));
    const possible = this.#firstOfEachKind(horizon);
    const looking = possible.filter((index) => this.row(index).looks);
    return possible.filter((index) => {
      const after = this.#isNeeded(without, index) && this.apply(register, index);
      const helps = (other: number): boolean =>
        other !== index &&
        this.#isNeeded(register, other) &&
        this.apply(after as Register, other) !== undefined;
      return after && (open.some(helps) || looking.some(helps));
    });
  }

  /** Unknown calls not placed yet; of several that do the same, one is enough. */
  #firstOfEachKind(horizon: number): number[] {
    const kinds = new Set<string>();
    return this.#unknown.filter((index) => {
      const { invoked, sameness } = this.row(index);
      if (this.#placed[index] === 1 || invoked >= horizon || kinds.has(sameness)) {
        return false;
      }
      kinds.add(sameness);
      return true;
    });
  }

  /**
   * Rule 3. False where an order that has this call right after one of unknown outcome remains an
   * order when the latter is taken out, or when the two change places.
   * @param without the register before the call of unknown outcome.
   */
  #isNeeded(without: Register | undefined, index: number): boolean {
    if (without === undefined) {
      return true;
    }
    const { call, looks } = this.row(index);
    if (!looks) {
      return false;
    }
    const otherwise = this.apply(without, index);
    if (otherwise === undefined) {
      return true;
    }
    return call.outcome === "mismatch" && otherwise !== without;
  }

  /** Whether a call that still needs a place lost its last chance by this step. */
  isHopeless(before: Register, after: Register): boolean {
    if (this.#lowestNeed() < after.low) {
      return true;
    }
    if (before.value === undefined || before.value === after.value) {
      return false;
    }
    const id = this.#valueId(before.value);
    return id >= 0 && (this.#reads[id] ?? 0) > 0 && (this.#puts[id] ?? 0) === 0;
  }

  /** Names the set of placed calls and the register. */
  key(register: Register, without: Register | undefined): string {
    const after = without === undefined ? "" : this.#registerKey(without);
    return `${this.#hashA},${this.#hashB},${this.#registerKey(register)},${after}`;
  }

  #registerKey(register: Register): string {
    const value = register.value === undefined ? "" : this.#valueId(register.value);
    return `${value},${register.low}${register.exact ? "" : `+${register.excluded.join("-")}`}`;
  }

  /** Required calls not placed yet that started before the first answer still to be explained. */
  #open(): number[] {
    while (this.#first < this.#rows.length && this.#isBehind(this.#first)) {
      this.#first += 1;
    }
    const open: number[] = [];
    let horizon = Number.POSITIVE_INFINITY;
    for (let index = this.#first; index < this.#rows.length; index += 1) {
      const row = this.row(index);
      if (row.invoked > horizon) {
        break;
      }
      if (row.required && this.#placed[index] === 0) {
        open.push(index);
        horizon = Math.min(horizon, row.returned);
      }
    }
    return open.filter((index) => this.row(index).invoked < horizon);
  }

  #isBehind(index: number): boolean {
    return this.#placed[index] === 1 || !this.row(index).required;
  }

  #byVersionThenAnswer(a: number, b: number): number {
    const left = this.row(a);
    const right = this.row(b);
    return left.needs === right.needs ? left.returned - right.returned : left.needs - right.needs;
  }

  #lowestNeed(): number {
    for (; this.#firstNeed < this.#byNeed.length; this.#firstNeed += 1) {
      const index = this.#byNeed[this.#firstNeed] ?? 0;
      if (this.#placed[index] === 0) {
        return this.row(index).needs;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  #valueId(value: string): number {
    return this.#valueIds.get(value) ?? -1;
  }

  #mark(index: number, placed: 0 | 1): void {
    const row = this.row(index);
    this.#placed[index] = placed;
    this.#hashA ^= scatter(index, 0x9e3779b9);
    this.#hashB ^= scatter(index, 0x7f4a7c15);
    this.#count(row, placed === 1 ? -1 : 1);
    if (row.required) {
      this.#requiredPlaced += placed === 1 ? 1 : -1;
    }
  }

  #count(row: Row, by: number): void {
    const { call, required } = row;
    if (call.value === undefined) {
      return;
    }
    const id = this.#valueId(call.value);
    if (id < 0) {
      return;
    }
    if (call.kind === "put" && (call.outcome === "ok" || call.outcome === "unknown")) {
      this.#puts[id] = (this.#puts[id] ?? 0) + by;
    } else if (call.kind === "read" && required) {
      this.#reads[id] = (this.#reads[id] ?? 0) + by;
    }
  }
}

/** A fixed random-looking 32-bit number for each index (the finaliser of MurmurHash3). */
function scatter(index: number, salt: number): number {
  let hash = Math.imul(index + 1, salt);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
