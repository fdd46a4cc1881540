/** Restores the state from the log at a restart. */
import type { Sequence } from "../../replication/types.ts";
import { type Change, changesOf } from "../apply.ts";
import type { Frame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { readPlaces } from "./log/log-files.ts";
import type { Place } from "./log/log-index.ts";
import { LogDamaged, openLog } from "./log/log-opening.ts";
import type { DiskState } from "./state.ts";

/**
 * Brings the state to where the last whole frame left it, and returns the open log files. Frames
 * that the checkpoint covers only say where the log's entries are. Later frames are applied again,
 * in order. Throws LogDamaged.
 */
export async function replayLog(state: DiskState, directory: string): Promise<LogFile[]> {
  const { commitPoint, oldestFile } = state.checkpoint;
  let compactedTo: Sequence = 0;
  const files = await openLog(directory, oldestFile, (frame, { file, at }) => {
    const flushed = { ...frame, file, at };
    state.indexEntries({ ...flushed, changes: [] });
    const isNew = frame.commitPoint.frame > commitPoint.frame;
    const changes = isNew && !frame.installs ? changesIn(frame, state) : [];
    state.compactLog({ ...flushed, changes }, compactedTo);
    if (isNew) state.advance({ ...flushed, changes });
    compactedTo = frame.commitPoint.compactedTo;
  });
  if ((files.at(-1)?.last ?? 0) < commitPoint.frame)
    throw new LogDamaged(
      `the log ends before frame ${commitPoint.frame}, which the checkpoint refers to`,
    );
  return files;
}

/** The changes of a frame, from the entries that it carries and those that the log has. */
function changesIn(frame: Frame, state: DiskState): Change[] {
  const { applied } = state.commitPoint.standing;
  const found = new Map(frame.applyOnly.map((entry) => [entry.sequence, entry]));
  const logged: Place[] = [];
  for (let at = applied + 1; at <= frame.commitPoint.standing.applied; at += 1) {
    const place = found.has(at) ? undefined : state.index.at(at);
    if (place !== undefined) logged.push(place);
  }
  for (const entry of readPlaces(logged)) found.set(entry.sequence, entry);
  const entries = [...found.values()].sort((left, right) => left.sequence - right.sequence);
  if (entries.length < frame.commitPoint.standing.applied - applied)
    throw new LogDamaged(`an entry of the log after sequence ${applied} is missing`);
  return changesOf(applied, entries);
}
