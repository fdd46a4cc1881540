/**
 * Faults that are planted into a copy of the source, one at a time, to prove that the virtual
 * cluster can fail: each must be caught. `from` must stand exactly once in the file.
 */
export interface PlantedFault {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Seeds meet its consequences too rarely: the story of that number shows it. */
  readonly story?: string;
  /** A late seed that has shown it, and is tried before the others. */
  readonly seed?: number;
  /** It shows where any node may lead. */
  readonly failover?: boolean;
}
