/** Presets that tell a story, and what the faults in force will do to writes. */
import type { FaultList, LinkFault, MemberView } from "../api/wire.ts";
import { inWords } from "../lib/units.ts";

export interface Preset {
  readonly name: string;
  readonly caption: string;
  faults(followers: readonly string[], quorum: number): Readonly<Record<string, LinkFault>>;
}

const cut: LinkFault = { type: "cut" };
const slow: LinkFault = { type: "slow", delayMs: 800 };

const firstGet = (followers: readonly string[], number: number, fault: LinkFault) =>
  Object.fromEntries(followers.slice(0, number).map((id) => [id, fault]));

export const presets: readonly Preset[] = [
  {
    name: "Healthy",
    caption: "All links as they are.",
    faults: () => ({}),
  },
  {
    name: "One slow follower",
    caption: "Writes do not notice: they wait for the fastest acks, not for the slowest follower.",
    faults: (followers) => firstGet(followers, 1, slow),
  },
  {
    name: "One down",
    caption: "A follower is cut off; it catches up by itself when it returns.",
    faults: (followers) => firstGet(followers, 1, cut),
  },
  {
    name: "Quorum out of reach",
    caption: "One follower too few is left: writes are refused at once, nothing is half done.",
    faults: (followers, quorum) => {
      const enough = followers.length - Math.max(1, quorum) + 1;
      return firstGet(followers, enough, cut);
    },
  },
];

export interface Expectation {
  readonly tone: "good" | "warning" | "bad";
  readonly sentence: string;
}

/** What writes will meet, before they meet it. */
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
