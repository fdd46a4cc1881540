/** Restores the state from the log at a restart. */
import { historyAfter } from "../../replication/history.ts";
import type { Entry, Sequence } from "../../replication/types.ts";
import { type Change, changesOf } from "../apply.ts";
import { mustHold } from "./format/damage.ts";
import type { Frame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { readPlaces } from "./log/log-files.ts";
import type { Place } from "./log/log-index.ts";
import { openLog } from "./log/log-opening.ts";
import { Succession } from "./log/succession.ts";
import type { DiskState } from "./state.ts";

/**
 * Brings the state to where the last whole frame left it, and returns the open log files. Frames
 * that the checkpoint covers only say where the log's entries are. Later frames are applied again,
 * in order. Throws DataDamaged.
 */
export async function replayLog(state: DiskState, directory: string): Promise<LogFile[]> {
  const { commitPoint, oldestFile } = state.checkpoint;
  const succession = new Succession(commitPoint);
  let compactedTo: Sequence = 0;
  const log = { directory, oldest: oldestFile, covered: commitPoint.frame };
  return openLog(log, (frame, { file, at }) => {
    succession.follow(frame);
    const flushed = { ...frame, file, at };
    const isNew = frame.commitPoint.frame > commitPoint.frame;
    // What the checkpoint says is compacted would be gone again at its frame.
    state.indexEntries({ ...flushed, changes: [] }, isNew ? 0 : commitPoint.compactedTo);
    const changes = isNew && !frame.installs ? changesIn(frame, state) : [];
    state.compactLog({ ...flushed, changes }, compactedTo);
    if (isNew) state.advance({ ...flushed, changes });
    compactedTo = frame.commitPoint.compactedTo;
  });
}

/** The changes of a frame, from the entries that it carries and those that the log has. */
function changesIn(frame: Frame, state: DiskState): Change[] {
  const before = state.commitPoint.standing;
  const entries = appliedEntries(frame, state);
  const changes = changesOf(before.applied, entries);
  const { keys, history } = frame.commitPoint.standing;
  const isPossible = Math.abs(keys - before.keys) <= changes.length;
  mustHold(isPossible, `the number of keys goes from ${before.keys} to ${keys}`);
  // The sum of all records is not compared: LMDB may have newer ones than its checkpoint says.
  if (history !== undefined && before.history !== undefined)
    mustHold(history === historyAfter(before.history, entries), "it applies other entries");
  return changes;
}

/** The entries that a frame applies, one for each sequence. */
function appliedEntries(frame: Frame, state: DiskState): readonly Entry[] {
  const { applied } = state.commitPoint.standing;
  const count = frame.commitPoint.standing.applied - applied;
  const found = new Map(frame.applyOnly.map((entry) => [entry.sequence, entry]));
  const areThere = (is: boolean) =>
    mustHold(is, `an entry of the log after sequence ${applied} is missing`);
  areThere(count <= found.size + state.index.size);
  const logged: Place[] = [];
  for (let at = applied + 1; at <= applied + count; at += 1) {
    const place = found.has(at) ? undefined : state.index.at(at);
    if (place !== undefined) logged.push(place);
  }
  for (const entry of readPlaces(logged)) found.set(entry.sequence, entry);
  areThere(found.size >= count);
  return [...found.values()].sort((left, right) => left.sequence - right.sequence);
}
