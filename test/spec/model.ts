/**
 * Runs the Quint model in this process. Quint's command line would parse and check the model again for
 * each mistake, which takes longer than most explorations.
 */
import { resolve } from "node:path";
import {
  load,
  parse,
  type TypecheckedStage,
  typecheck,
} from "@informalsystems/quint/dist/src/cliCommands.js";
import { toExpr } from "@informalsystems/quint/dist/src/cliHelpers.js";
import { newRng } from "@informalsystems/quint/dist/src/rng.js";
import { Evaluator } from "@informalsystems/quint/dist/src/runtime/impl/evaluator.js";
import { newTraceRecorder } from "@informalsystems/quint/dist/src/runtime/trace.js";
import type { Exploration } from "./explorations.ts";

export const modelFile = "src/replication/spec/failover.qnt";

const invariants = [
  "acknowledgedStays",
  "oneValueSettles",
  "oneLeaderSettles",
  "leaseReadsAreFresh",
  "confirmedReadsAreFresh",
];

/** What one exploration met. */
export interface Outcome {
  /** Runs made, the one that violates an invariant included. */
  readonly runs: number;
  /** Steps of all runs. */
  readonly steps: number;
  readonly seconds: number;
  /** In how many runs each witness was true at least once. */
  readonly witnessed: readonly number[];
  readonly violation?: {
    readonly invariants: readonly string[];
    readonly steps: number;
    /** Seed of this one run. */
    readonly seed: string;
  };
}

/** A mistake is found; the model as it is has none, and met all that it had to. */
export const isAsItMust = (
  { mustViolate }: Exploration,
  { violation, witnessed }: Outcome,
): boolean =>
  mustViolate ? violation !== undefined : violation === undefined && !witnessed.includes(0);

type Simulated = ReturnType<Evaluator["simulate"]>;

/** Parses and type-checks the model once. Throws with Quint's messages. */
export async function loadModel(): Promise<Model> {
  const root = resolve(import.meta.dirname, "../..");
  const loaded = await load({ input: resolve(root, modelFile), main: "failover" });
  const checked = await (await loaded.asyncChain(parse)).asyncChain(typecheck);
  if (checked.isLeft()) {
    const errors = checked.value.stage.errors.map(({ explanation }) => explanation);
    throw new Error([`${modelFile}: ${checked.value.msg}`, ...errors].join("\n"));
  }
  return new Model(checked.value as TypecheckedStage);
}

class Model {
  readonly #stage: TypecheckedStage;

  constructor(stage: TypecheckedStage) {
    this.#stage = stage;
  }

  /** Makes runs until one violates an invariant or `runs` are made. */
  explore(exploration: Exploration, seed: bigint): Outcome {
    const { runs, witnesses } = exploration;
    const startedAt = performance.now();
    const outcome = this.#simulate(exploration, { seed, runs, witnesses });
    const violation = outcome.status === "violation" ? outcome.bestTraces[0] : undefined;
    return {
      runs: outcome.samples,
      steps: Math.round(outcome.samples * (outcome.traceStatistics.averageTraceLength - 1)),
      seconds: (performance.now() - startedAt) / 1000,
      witnessed: outcome.witnessingTraces,
      ...(violation && {
        violation: {
          invariants: this.#violated(exploration, violation.seed),
          steps: violation.states.length - 1,
          seed: `0x${violation.seed.toString(16)}`,
        },
      }),
    };
  }

  /** Which invariants that one run violates. */
  #violated(exploration: Exploration, seed: bigint): string[] {
    const witnesses = invariants.map((name) => `not(${name})`);
    const { witnessingTraces } = this.#simulate(exploration, { seed, runs: 1, witnesses });
    return invariants.filter((_, index) => witnessingTraces[index] === 1);
  }

  #simulate(
    { init, step, steps }: Exploration,
    { seed, runs, witnesses }: { seed: bigint; runs: number; witnesses: readonly string[] },
  ): Simulated {
    const rng = newRng(seed);
    const evaluator = new Evaluator(this.#stage.resolver.table, newTraceRecorder(0, rng, 1), rng);
    const outcome = evaluator.simulate(
      this.#parsed(init),
      this.#parsed(step),
      this.#parsed(invariants.join(" and ")),
      witnesses.map((witness) => this.#parsed(witness)),
      runs,
      steps,
      1,
    );
    if (outcome.status === "error")
      throw new Error(`${init}: ${outcome.errors.map(({ message }) => message).join("; ")}`);
    return outcome;
  }

  #parsed(text: string): Parameters<Evaluator["evaluate"]>[0] {
    const expression = toExpr(this.#stage, text);
    if (expression.isLeft()) throw new Error(`${text}: ${expression.value.message}`);
    return expression.value;
  }
}
