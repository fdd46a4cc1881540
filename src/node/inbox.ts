/** The order between facts and effects: no rule runs in the middle of the effects of another. */

/** Something that has happened. Called when its turn comes, it returns its effects, in one record. */
type Fact<Effects> = () => Effects;

/** Takes facts one after another. One that arises while effects are performed waits its turn. */
export class Inbox<Effects> {
  readonly #lifetime: { readonly over: boolean };
  readonly #perform: (effects: Effects) => void;
  readonly #performed: () => void;
  readonly #broken: (reason: string) => void;
  #facts: Fact<Effects>[] = [];
  #performing = false;
  /** The present round holds a fact that `performed` must follow. */
  #needsFollowing = false;

  constructor(parts: {
    /** Once it is over, facts are dropped. */
    lifetime: { readonly over: boolean };
    perform: (effects: Effects) => void;
    /** A round of effects is performed: what they have in common may follow. */
    performed: () => void;
    /** A rule or an effect threw: an invariant is violated, and the node stops. */
    broken: (reason: string) => void;
  }) {
    this.#lifetime = parts.lifetime;
    this.#perform = parts.perform;
    this.#performed = parts.performed;
    this.#broken = parts.broken;
  }

  /** Performs the fact's effects, at once or at the end of the round that is under way. */
  take(fact: Fact<Effects>): void {
    if (this.#lifetime.over) return;
    this.#needsFollowing = true;
    this.#enter(fact);
  }

  /** Like `take`, for a fact that is itself what follows a round: `performed` is not called. */
  takeFollowing(fact: Fact<Effects>): void {
    if (!this.#lifetime.over) this.#enter(fact);
  }

  #enter(fact: Fact<Effects>): void {
    this.#facts.push(fact);
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#facts.shift(); next !== undefined; next = this.#facts.shift())
        this.#perform(next());
    } catch (error) {
      this.#broken(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.#performing = false;
    }
    if (!this.#needsFollowing) return;
    this.#needsFollowing = false;
    this.#performed();
  }
}
