/** What can be done by hand, as commands of a story. The page and a story's author use the same words. */
import type { NodeId } from "../../../../src/replication/types.ts";

/** How long time runs on after a deed that takes none. */
const runOnMs = 20;

/** Key and value may not hold what separates words of a command. */
export const isPlain = (word: string): boolean => /^[^\s=,]+$/.test(word);

export interface WriteDeed {
  readonly key: string;
  readonly value: string;
  /** Of this write alone. */
  readonly quorum?: string;
  /** Compare-and-set: the version that the key must have. */
  readonly ifVersion?: string;
}

/** An empty value deletes. */
export function writeCommand({ key, value, quorum = "", ifVersion = "" }: WriteDeed): string {
  const deed = value === "" ? `delete ${key}` : `write ${key}=${value}`;
  const conditions = [
    ifVersion === "" ? "" : ` if=${ifVersion}`,
    quorum === "" ? "" : ` quorum=${quorum}`,
  ];
  return deed + conditions.join("");
}

export const readCommand = (id: NodeId, key: string, linearizable: boolean): string =>
  `read ${id} ${key}${linearizable ? " as=linearizable" : ""}`;

export const linkCommands = {
  cut: (one: NodeId, other: NodeId) => `split ${one} ${other}`,
  cutOneWay: (from: NodeId, to: NodeId) => `split ${from} ${to} oneway`,
  slow: (one: NodeId, other: NodeId, ms: number) => `link ${one} ${other} ${ms}ms`,
  join: (one: NodeId, other: NodeId) => `join ${one} ${other}`,
} as const;

/** Deeds on one message. Their verbs take its number. */
export const messageCommands = {
  drop: (id: number) => `drop #${id}`,
  slow: (id: number, ms: number) => `slow #${id} ${ms}ms`,
  repeat: (id: number) => `repeat #${id}`,
} as const;

/** Commands that let time pass themselves. */
const isTimed = (command: string): boolean => /^(?:write|writes|delete|run|view)\b/.test(command);

/** The story up to now, the deed, and a little time after it, so that one sees what follows. */
export function withDeed(textUntilNow: string, command: string): string {
  const lines = [textUntilNow.trimEnd(), `> ${command}`];
  if (!isTimed(command)) lines.push(`> run ${runOnMs}ms`);
  return `${lines.join("\n\n")}\n`;
}
