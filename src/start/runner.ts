/**
 * Notices when the npm that runs the launcher has ended. There is a shell between the two: npm sends a
 * signal to that shell, which dies without passing it on, and a killed npm sends nothing at all.
 */
import { readFileSync } from "node:fs";

/** Milliseconds between two looks at the parents. */
const lookEveryMs = 200;
/** Programs that npm may run a script with. */
const shells = new Set(["sh", "dash", "bash", "zsh", "ksh", "busybox"]);

/** What is known of a process. */
interface Process {
  /** The name of its program. */
  readonly name: string;
  readonly parent: number;
}

/** From /proc; undefined where there is none, and for a process that has ended. */
function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, name = "", parent] = /\((.*)\) \S (\d+)/s.exec(stat) ?? [];
    return { name, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** The ids of the parent and, if that is the shell of an npm script, of the process above it. */
function ancestors(): string {
  const parent = process.ppid;
  const shell = processOf(parent);
  return shell !== undefined && shells.has(shell.name)
    ? `${parent} ${shell.parent}`
    : String(parent);
}

/**
 * Calls `gone` once when npm, or the shell below it, has ended. Does nothing for a launcher that was not
 * started by a package manager: such a one may outlive its parent.
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
