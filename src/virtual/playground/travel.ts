/** The messages of a recording: those under way, and from where to where each went. */
import { describeMessage } from "../world/narrate.ts";
import type { VirtualNetwork } from "../world/network.ts";
import type { Flight } from "../world/stream.ts";
import type { FlightView, Voyage } from "./moments.ts";

type Draft = { -readonly [Name in keyof Voyage]: Voyage[Name] };

/** What the language has no sentence for says nothing new: its name must do. */
export const textOf = (flight: Flight): string =>
  describeMessage(flight.message) ??
  flight.message.type.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Of a message in a story, unless it says otherwise. */
const usualMs = 1;

export class Travel {
  readonly #voyages: Draft[] = [];
  readonly #byNumber = new Map<number, Draft>();
  readonly #views = new WeakMap<Voyage, FlightView>();
  #flights: readonly FlightView[] = [];
  #cuts: readonly string[] = [];
  #slow: readonly string[] = [];

  get voyages(): readonly Voyage[] {
    return this.#voyages;
  }

  sent(flight: Flight, at: number): void {
    const { number: id, from, to, message } = flight;
    const { type } = message;
    const voyage: Draft = {
      ...{ id, from, to, type, text: textOf(flight), sentAt: at },
      ...{ endedAt: undefined, outcome: "under way" },
    };
    this.#voyages.push(voyage);
    this.#byNumber.set(id, voyage);
  }

  ended({ number }: Flight, outcome: "delivered" | "lost", at: number): void {
    const voyage = this.#byNumber.get(number);
    if (voyage !== undefined) Object.assign(voyage, { endedAt: at, outcome });
    this.#byNumber.delete(number);
  }

  /** A cluster ended, and all that was under way in it. */
  clear(at: number): void {
    for (const voyage of this.#byNumber.values())
      Object.assign(voyage, { endedAt: at, outcome: "lost" });
    this.#byNumber.clear();
  }

  /** In the order of sending. `baseAt`: when its cluster began. The same array as before if nothing changed. */
  flights(network: VirtualNetwork, baseAt: number): readonly FlightView[] {
    const flights: FlightView[] = [];
    for (const flight of network.flights()) {
      const voyage = this.#byNumber.get(flight.number);
      if (voyage !== undefined) flights.push(this.#view(voyage, flight, baseAt));
    }
    flights.sort((one, other) => one.id - other.id);
    if (!isSame(flights, this.#flights)) this.#flights = flights;
    return this.#flights;
  }

  #view(voyage: Draft, flight: Flight, baseAt: number): FlightView {
    const dueAt = baseAt + flight.dueAt;
    const { isHeld } = flight;
    const known = this.#views.get(voyage);
    if (known !== undefined && known.dueAt === dueAt && known.isHeld === isHeld) return known;
    const { id, from, to, type, text, sentAt } = voyage;
    const view = { id, from, to, type, text, sentAt, dueAt, isHeld };
    this.#views.set(voyage, view);
    return view;
  }

  /** The same array as before if nothing changed. */
  cuts(network: VirtualNetwork): readonly string[] {
    const cuts = [...network.cuts()];
    if (!isSame(cuts, this.#cuts)) this.#cuts = cuts;
    return this.#cuts;
  }

  /** The same array as before if nothing changed. */
  slow(network: VirtualNetwork): readonly string[] {
    const slow = [...network.slowerThan(usualMs)];
    if (!isSame(slow, this.#slow)) this.#slow = slow;
    return this.#slow;
  }
}

const isSame = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at]);
