/** How the HardState is encoded on disk: as JSON text, whose shape is checked when it is read. */
import { z } from "zod";
import { numberMax } from "../../../replication/bounds.ts";
import type { HardState } from "../../../replication/types.ts";
import { DataDamaged } from "./damage.ts";

/** A HardState as JSON text. */
export const writeHardState = (hardState: HardState): string => JSON.stringify(hardState);

/** Far above what a node keeps; a text that is longer is none of a node's. */
const textMax = 65_536;
const membersMax = 10_000;

const text = z.string().max(textMax);
/** As sequences and epochs are. */
const number = z.int().min(0).max(numberMax);

// What a newer version adds is kept: its fields concern nobody here, and a downgrade loses none.
const stored = z.looseObject({
  promisedEpoch: number,
  promisedLeader: text,
  ledEpoch: number.optional(),
  /** Versions before 0.2 called `ledEpoch` so. */
  reignEpoch: number.optional(),
  intactSince: number.optional(),
  followedEpoch: number.optional(),
  foreign: z.boolean().optional(),
  lends: z.boolean().optional(),
  blank: z.boolean(),
  floor: z
    .looseObject({
      epoch: number,
      number,
      quorum: number,
      over: number,
      elected: z.boolean().optional(),
    })
    .optional(),
  cluster: z.looseObject({ id: text.min(1), confirmed: z.boolean() }).optional(),
  committed: number,
  members: z.array(z.looseObject({ id: text, url: text, peerUrl: text })).max(membersMax),
});

/** Reads what `writeHardState` wrote, in this version or an earlier one. Throws DataDamaged. */
export function readHardState(json: string): HardState {
  const { reignEpoch = 0, ledEpoch = reignEpoch, ...hardState } = parse(json);
  return { ...hardState, ledEpoch };
}

function parse(json: string): z.output<typeof stored> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DataDamaged("the hard state is not JSON", { cause });
  }
  const { data, error } = stored.safeParse(value);
  if (data !== undefined) return data;
  const where = error.issues[0]?.path.join(".");
  throw new DataDamaged(`the hard state has the wrong shape${where ? ` at ${where}` : ""}`);
}
