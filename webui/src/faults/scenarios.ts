/**
 * Scenarios of link faults, for trying out what a write quorum is good for, and what the faults in force
 * mean for writes. Pure.
 */
import type { FaultList, LinkFault, MemberView } from "../api/wire.ts";
import { inWords, type Tone } from "../lib/units.ts";

export interface Scenario {
  readonly name: string;
  /** What it does, and what to expect. */
  readonly caption: string;
  /** By follower; the links of the others are healthy. */
  faults(followers: readonly string[], quorum: number): Readonly<Record<string, LinkFault>>;
}

const cut: LinkFault = { type: "cut" };
const slow: LinkFault = { type: "slow", delayMs: 800 };

/** Gives the first `number` followers a fault. */
const faultOfFirst = (followers: readonly string[], number: number, fault: LinkFault) =>
  Object.fromEntries(followers.slice(0, number).map((id) => [id, fault]));

/** From harmless to serious. Each sets the faults of all links. */
export const scenarios: readonly Scenario[] = [
  {
    name: "Healthy",
    caption: "No link has a fault.",
    faults: () => ({}),
  },
  {
    name: "One slow follower",
    caption:
      "Writes take as long as before: they wait for the fastest acks, not for the slowest follower.",
    faults: (followers) => faultOfFirst(followers, 1, slow),
  },
  {
    name: "One down",
    caption: "One follower is cut off. It catches up by itself once its link is healthy again.",
    faults: (followers) => faultOfFirst(followers, 1, cut),
  },
  {
    name: "Quorum out of reach",
    caption: "One follower too few is left. Writes are refused at once, and nothing is written.",
    faults: (followers, quorum) => {
      const enough = followers.length - Math.max(1, quorum) + 1;
      return faultOfFirst(followers, enough, cut);
    },
  },
];

interface Expectation {
  readonly tone: Tone;
  readonly sentence: string;
}

/**
 * Whether writes will be refused, slow, or unaffected. `quorum` is the one in force. The first rule that
 * applies decides, the worst one first.
 */
export function expectation(
  faults: FaultList["faults"],
  followers: readonly MemberView[],
  quorum: number,
): Expectation {
  const typeOf = (id: string) => faults[id]?.fault.type;
  const gone = followers.filter(({ id, state }) => {
    const fault = typeOf(id);
    return state === "unreachable" || fault === "cut" || fault === "pause";
  });
  const slowed = followers.filter(({ id }) => typeOf(id) === "slow").map(({ id }) => id);
  const live = followers.length - gone.length;
  if (live < quorum) {
    return { tone: "bad", sentence: `Quorum ${quorum} with ${live} live: writes will be refused.` };
  }
  if (live - slowed.length < quorum) {
    const sentence = `Quorum ${quorum} needs a slowed link (${inWords(slowed)}): writes will be slow.`;
    return { tone: "warning", sentence };
  }
  if (gone.length > 0) {
    const sentence = `Quorum ${quorum} with ${live} live: writes go on, ${live - quorum} to spare.`;
    return { tone: "warning", sentence };
  }
  if (slowed.length > 0) {
    const sentence = `Writes will not wait for ${inWords(slowed)}: ${live - slowed.length} others make the quorum of ${quorum}.`;
    return { tone: "good", sentence };
  }
  return { tone: "good", sentence: `Quorum ${quorum} with ${live} live: all is healthy.` };
}
