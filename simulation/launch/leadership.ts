/** Whether one node has led all along. */
import type { Member } from "../cluster.ts";
import { exitCodes, SimulationError } from "../errors.ts";
import { statusOf } from "../http/client.ts";

/** The node led in one epoch when a pass began, and does not lead in that epoch any more. */
export class LeaderChanged extends SimulationError {
  readonly leader: string;

  /** `cause`: what the pass itself ended with, if it did not end well. */
  constructor(leader: string, cause: unknown) {
    super(`${leader} did not lead all along`, exitCodes.unreachable, { cause });
    this.leader = leader;
  }
}

/** The epoch in which the node leads; undefined: it does not, or does not answer. No node leads twice in one. */
async function epochOf({ url }: Member, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { role, epoch } = await statusOf(url, signal);
    return role === "leader" ? epoch : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Throws LeaderChanged, whatever else happened meanwhile, if the node did not lead all the time. */
export async function whileLeading(
  leader: Member,
  signal: AbortSignal,
  run: () => Promise<void>,
): Promise<void> {
  const before = await epochOf(leader, signal);
  const failure = await run().then(
    () => undefined,
    (cause: unknown) => ({ cause }),
  );
  const after = await epochOf(leader, signal);
  if (before === undefined || after !== before) throw new LeaderChanged(leader.id, failure?.cause);
  if (failure !== undefined) throw failure.cause;
}
