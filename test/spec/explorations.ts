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
    runs: 2000,
    steps,
    witnesses: [],
    mustViolate: true,
  };
}

export const explorations: readonly Exploration[] = [
  good("step", 300, 40, "secondLeader laterElection lowWrite diskLost wholeAgain leaseRead leaseEnded confirmedRead"),
  good("stepFloor", 300, 30, "laterElection inheritedSettled lowWrite floorRaised"),
  good("stepBlank", 300, 30, "laterElection diskLost wholeAgain everyoneAsked"),
  good("stepRead", 300, 30, "secondLeader laterElection leaseRead leaseEnded confirmedRead"),
  planted("sharedEpoch", "stepFloor", [4], 20),
  planted("floorTooHigh", "stepFloor", [3, 4, 5], 25),
  planted("noNote", "stepFloor", [4, 5], 25),
  planted("degraded", "stepFloor", [4, 5], 25),
  planted("raiseEarly", "stepFloor", [4, 5], 25),
  planted("keepsEpochs", "stepFloor", [3, 4, 5], 25),
  planted("blankCounts", "stepBlank", [3, 4, 5], 25),
  planted("blankAcks", "stepBlank", [3, 4, 5], 25),
  planted("blankUnderAnyEpoch", "stepBlank", [3, 4, 5], 25),
  planted("catchUpWithoutNote", "stepBlank", [4, 5], 25),
  planted("leaseTooLong", "stepRead", [3, 4], 25),
  planted("noDrift", "stepRead", [3], 25),
  planted("noWaitAfterRestart", "stepRead", [3], 25),
  planted("blankLends", "stepBlankRead", [3], 25),
  planted("blankConfirms", "stepBlankRead", [3], 25),
  planted("oldRound", "stepRead", [3], 25),
  planted("confirmedByFewer", "stepRead", [3, 4], 25),
  planted("readsDoNotWait", "stepRead", [3], 25),
];
