/** What a fact leads to, told when its turn has come. */
type Fact<Effect> = () => readonly Effect[];

/**
 * Takes facts one after another and carries out what each leads to: one that arises while effects
 * run waits for its turn, so that no rule is asked in the middle of another's effects.
 */
export class Inbox<Effect> {
  readonly #perform: (effect: Effect) => void;
  readonly #broken: (reason: string) => void;
  #facts: Fact<Effect>[] = [];
  #performing = false;

  constructor(parts: {
    perform: (effect: Effect) => void;
    /** A promise of ours is broken: the node stops. */
    broken: (reason: string) => void;
  }) {
    this.#perform = parts.perform;
    this.#broken = parts.broken;
  }

  /** True when everything is carried out; false where it waits for its turn. */
  take(fact: Fact<Effect>): boolean {
    this.#facts.push(fact);
    if (this.#performing) return false;
    this.#performing = true;
    try {
      for (let next = this.#facts.shift(); next !== undefined; next = this.#facts.shift())
        for (const effect of next()) this.#perform(effect);
    } catch (error) {
      this.#broken(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.#performing = false;
    }
    return true;
  }
}
