/** What `npm run test:spec` explores: the model as it is, and one planted mistake at a time. */

export interface Exploration {
  readonly name: string;
  readonly init: string;
  readonly step: string;
  /** At most this many runs of this many steps. */
  readonly runs: number;
  readonly steps: number;
  /** Situations that must be met at least once. */
  readonly witnesses: readonly string[];
  readonly mustViolate: boolean;
}

type Sizes = readonly number[];

function good(step: string, runs: number, steps: number, witnesses: string): Exploration {
  return {
    name: step,
    init: "init",
    step,
    runs,
    steps,
    witnesses: witnesses.split(" "),
    mustViolate: false,
  };
}

function planted(mistake: string, step: string, sizes: Sizes, steps: number): Exploration {
  return {
    name: mistake,
    init: `starts("${mistake}", Set(${sizes.join(", ")}))`,
    step,
    runs: 5000,
    steps,
    witnesses: [],
    mustViolate: true,
  };
}

export const explorations: readonly Exploration[] = [
  good(
    "step",
    150,
    40,
    "twoLeaders laterElection lowWrite diskLost wholeAgain leaseRead leaseEnded",
  ),
  good("stepFloor", 150, 30, "twoLeaders laterElection inheritedSettled lowWrite"),
  good("stepRaise", 150, 20, "laterElection lowWrite floorRaised"),
  good("stepBlank", 150, 25, "laterElection diskLost wholeAgain electedByAll"),
  good("stepRead", 150, 25, "twoLeaders laterElection leaseRead leaseEnded confirmedRead"),
  good("stepBlankRead", 150, 20, "twoLeaders laterElection diskLost leaseRead"),
  good("stepElect", 100, 12, "twoLeaders laterElection"),
  good("stepLease", 150, 15, "twoLeaders laterElection leaseRead leaseEnded"),
  good("stepRounds", 150, 15, "twoLeaders laterElection confirmedRead"),
  good("stepForgetful", 150, 15, "twoLeaders laterElection diskLost leaseRead"),
  good("stepRestart", 150, 15, "twoLeaders laterElection leaseRead"),
  good("stepRejoin", 150, 20, "laterElection diskLost wholeAgain"),
  planted("sharedEpoch", "stepElect", [4], 12),
  planted("floorTooHigh", "stepRaise", [4], 15),
  planted("noNote", "stepRaise", [4, 5], 15),
  planted("degraded", "stepRaise", [4, 5], 15),
  planted("raiseEarly", "stepRaise", [4], 15),
  planted("keepsEpochs", "stepElect", [3], 20),
  planted("blankCounts", "stepRejoin", [3], 15),
  planted("blankAcks", "stepRejoin", [3], 15),
  planted("blankUnderAnyEpoch", "stepBlankRead", [3], 15),
  planted("catchUpWithoutNote", "stepRejoin", [4], 20),
  planted("leaseTooLong", "stepLease", [3], 15),
  planted("noDrift", "stepLease", [3], 15),
  planted("noWaitAfterRestart", "stepRestart", [3], 15),
  planted("blankLends", "stepForgetful", [3], 15),
  planted("blankConfirms", "stepForgetful", [3], 15),
  planted("oldRound", "stepRounds", [3], 15),
  planted("confirmedByFewer", "stepRounds", [3], 15),
  planted("readsDoNotWait", "stepRead", [3], 15),
];

/**
 * Quint's generator counts up from its seed, so neighbouring seeds soon make the same runs. These are
 * 2^32 draws apart.
 */
export function seedOf(name: string, seed: string): bigint {
  const place = explorations.findIndex((exploration) => exploration.name === name);
  return (BigInt(seed) * 64n + BigInt(place)) << 32n;
}
