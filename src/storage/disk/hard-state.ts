/** A node's HardState as text, in log frames and checkpoints. */
import type { Epoch, HardState } from "../../replication/types.ts";

export const writeHardState = (hardState: HardState): string => JSON.stringify(hardState);

/** Versions before 0.2 called the epoch in which a node last led `reignEpoch`. */
type Stored = Omit<HardState, "ledEpoch"> & {
  readonly ledEpoch?: Epoch;
  readonly reignEpoch?: Epoch;
};

export function readHardState(text: string): HardState {
  const { reignEpoch = 0, ...stored } = JSON.parse(text) as Stored;
  return { ledEpoch: reignEpoch, ...stored };
}
