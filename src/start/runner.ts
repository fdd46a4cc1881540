/**
 * Notices when the npm that runs the launcher is gone. npm passes a signal on to the shell between the
 * two, and that shell dies of it without a word to the launcher; a killed npm passes on nothing.
 */
import { readFileSync } from "node:fs";

const lookEveryMs = 200;
const shells = new Set(["sh", "dash", "bash", "zsh", "ksh", "busybox"]);

interface Process {
  /** Of its program's file. */
  readonly name: string;
  readonly parent: number;
}

/** As Linux tells it; undefined elsewhere, and for a process that is gone. */
function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, name = "", parent] = /\((.*)\) \S (\d+)/s.exec(stat) ?? [];
    return { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** This process's parent and, where that is the shell of an npm script, the one above it. */
function ancestors(): string {
  const parent = process.ppid;
  const shell = processOf(parent);
  return shell !== undefined && shells.has(shell.name)
    ? `${parent} ${shell.parent}`
    : String(parent);
}

/**
 * Calls once when a process between here and npm has ended. A launcher that no package manager
 * runs may outlive its parent, and is left alone.
 */
export function whenRunnerEnds(
  environment: Readonly<Record<string, string | undefined>>,
  gone: () => void,
): void {
  if (environment["npm_lifecycle_event"] === undefined) return;
  const atFirst = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === atFirst) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
}
