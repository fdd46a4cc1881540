import type { Sequence } from "../../replication/types.ts";
import { type Change, changesOf } from "../apply.ts";
import type { Frame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { readPlaces } from "./log/log-files.ts";
import type { Place } from "./log/log-index.ts";
import { LogDamaged, openLog } from "./log/log-opening.ts";
import type { DiskState } from "./state.ts";

/**
 * Brings the state to where the last whole frame left it. Frames that the checkpoint has taken up
 * only tell where the log's entries are; those after it are carried out again, in their order.
 */
export async function replayLog(state: DiskState, directory: string): Promise<LogFile[]> {
  const { commitPoint, oldestFile } = state.checkpoint;
  let forgotten: Sequence = 0;
  const files = await openLog(directory, oldestFile, (frame, { file, at }) => {
    const step = { ...frame, file, at };
    state.place({ ...step, changes: [] });
    const isNews = frame.commitPoint.frame > commitPoint.frame;
    const changes = isNews && !frame.installs ? changesIn(frame, state) : [];
    state.forget({ ...step, changes }, forgotten);
    if (isNews) state.advance({ ...step, changes });
    forgotten = frame.commitPoint.forgotten;
  });
  if ((files.at(-1)?.last ?? 0) < commitPoint.frame)
    throw new LogDamaged(`the log ends before frame ${commitPoint.frame}, which the store has`);
  return files;
}

/** What a frame applies: entries of its own, or those the log has. */
function changesIn(frame: Frame, state: DiskState): Change[] {
  const { applied } = state.commitPoint.standing;
  const found = new Map(frame.applyOnly.map((entry) => [entry.sequence, entry]));
  const logged: Place[] = [];
  for (let at = applied + 1; at <= frame.commitPoint.standing.applied; at += 1) {
    const place = found.has(at) ? undefined : state.index.at(at);
    if (place !== undefined) logged.push(place);
  }
  for (const entry of readPlaces(logged)) found.set(entry.sequence, entry);
  const entries = [...found.values()].sort((one, other) => one.sequence - other.sequence);
  if (entries.length < frame.commitPoint.standing.applied - applied)
    throw new LogDamaged(`an entry after ${applied} is missing`);
  return changesOf(applied, entries);
}
