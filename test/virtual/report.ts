import { type Outcome, Run } from "../../src/virtual/runs/run.ts";

export type Report = Outcome | { readonly seed: number; readonly violation: string };

/** Tells one seed; a promise that was broken is part of the report. */
export async function tell(seed: number, failover = false): Promise<Report> {
  try {
    return await new Run(seed, failover).tell();
  } catch (error) {
    return { seed, violation: error instanceof Error ? error.message : String(error) };
  }
}
