/** One run of the simulation, in a process of its own: its load shares no event loop with the node. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endSchema, eventsOf, readLine } from "./lines.ts";
import type { Sweep, SweepEvent, SweepRequest, SweepResult } from "./types.ts";

/** Samples kept for clients that connect later. */
const samplesKept = 5000;
const lastLinesMax = 5;
const outputCharactersMax = 1024 * 1024;
/** Time for an interrupted run to write its report and restore the settings, before it is killed. */
const cancelMsMax = 10_000;

/** As the simulation documents them. */
const exitCodes = { ok: 0, verdictFailed: 1 } as const;

/**
 * What one run needs to know. It is given on the command line, so a `ps` shows all of it but the token.
 */
export interface JobOptions {
  readonly id: string;
  /** The simulation's main file. */
  readonly program: string;
  readonly request: SweepRequest;
  /** This node's REST API as reached from this machine. */
  readonly url: string;
  /** Folder for the report. */
  readonly directory: string;
  /** Shown to the nodes, where they ask for one; in the environment of the run, where no `ps` shows it. */
  readonly token: string | undefined;
  readonly ended: () => void;
}

/**
 * A run from its start until it is forgotten. All members may be used at any time, also after
 * its end.
 */
export interface Job {
  readonly id: string;
  readonly directory: string;
  readonly running: boolean;
  describe(): Sweep;
  /** Replays what happened so far, then passes on what happens, until `done`. Returns a function that stops it. */
  follow(listener: (event: SweepEvent) => void): () => void;
  /** Interrupts the run, and kills it when it does not end. */
  cancel(): void;
  /** Kills the run at once: for the end of this process. */
  kill(): void;
}

/**
 * Starts the simulation as a child process. A process that cannot start is reported as a run
 * that failed, never thrown.
 */
export function startJob(options: JobOptions): Job {
  const { id, request, directory } = options;
  const child = spawn(process.execPath, argumentsOf(options), {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.token === undefined ? {} : { env: { KV_TOKEN: options.token } }),
  });
  const listeners = new Set<(event: SweepEvent) => void>();
  const samples: SweepEvent[] = [];
  const results = new Map<number, SweepResult>();
  const lastLines: string[] = [];
  let cancelled = false;
  let output = "";
  let kill: ReturnType<typeof setTimeout> | undefined;
  let sweep: Sweep = startOf(id, request);

  const tell = (event: SweepEvent) => {
    if (event.name === "progress") sweep = { ...sweep, progress: event.data };
    if (event.name === "sample" && samples.push(event) > samplesKept) samples.shift();
    if (event.name === "quorum") {
      results.set(event.data.quorum, event.data);
      const inOrder = [...results.values()].sort((a, b) => a.quorum - b.quorum);
      sweep = { ...sweep, results: inOrder };
    }
    for (const listener of listeners) listener(event);
  };
  const end = (code: number | null) => {
    if (sweep.finishedAt !== null) return;
    clearTimeout(kill);
    sweep = {
      ...sweep,
      finishedAt: Date.now(),
      ...outcomeOf({ code, cancelled, output, lastLines }),
    };
    options.ended();
    tell({ name: "done", data: sweep });
    listeners.clear();
  };
  listen(child, {
    line: (text) => {
      const line = readLine(text);
      if (line !== undefined) for (const event of eventsOf(line)) tell(event);
      else if (lastLines.push(text) > lastLinesMax) lastLines.shift();
    },
    output: (text) => {
      if (output.length < outputCharactersMax) output += text;
    },
    end,
  });

  return {
    id,
    directory,
    get running() {
      return sweep.finishedAt === null;
    },
    describe: () => sweep,
    follow: (listener) => {
      listener({ name: "progress", data: sweep.progress });
      for (const sample of samples) listener(sample);
      for (const result of sweep.results) listener({ name: "quorum", data: result });
      if (sweep.finishedAt === null) listeners.add(listener);
      else listener({ name: "done", data: sweep });
      return () => void listeners.delete(listener);
    },
    cancel: () => {
      if (sweep.finishedAt !== null || cancelled) return;
      cancelled = true;
      child.kill("SIGINT");
      kill = setTimeout(() => child.kill("SIGKILL"), cancelMsMax);
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

const startOf = (id: string, options: SweepRequest): Sweep => ({
  id,
  state: "running",
  startedAt: Date.now(),
  finishedAt: null,
  options,
  progress: {
    quorum: options.quorums[0] ?? 0,
    writesDone: 0,
    writesTotal: options.quorums.length * options.rounds * options.clients * options.writes,
    meanMs: null,
    theoryMs: null,
    secondsLeft: null,
  },
  results: [],
  headline: null,
  error: null,
});

const argumentsOf = ({ program, url, directory, request }: JobOptions): string[] => [
  ...[program, "sweep", "--target", url, "--out", directory, "--json", "--progress", "json"],
  ...["--quorums", request.quorums.join(","), "--clients", `${request.clients}`],
  ...["--writes", `${request.writes}`, "--rounds", `${request.rounds}`],
  ...["--order", "interleaved", "--seed", `${request.seed}`],
  ...["--min-delay", `${request.minDelay}`, "--max-delay", `${request.maxDelay}`],
];

interface Heard {
  line(text: string): void;
  output(text: string): void;
  end(code: number | null): void;
}

function listen(child: ChildProcess, heard: Heard): void {
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", heard.line);
  child.stdout?.setEncoding("utf8").on("data", heard.output);
  child.on("error", (error) => {
    heard.line(error.message);
    heard.end(null);
  });
  // After the last line, which "exit" is not.
  child.on("close", heard.end);
}

interface End {
  readonly code: number | null;
  readonly cancelled: boolean;
  readonly output: string;
  readonly lastLines: readonly string[];
}

/** A failed verdict is a finding of a run that was carried out: the run itself is done. */
function outcomeOf({ code, cancelled, output, lastLines }: End) {
  const end = readEnd(output);
  const headline = end?.headline ?? null;
  if (cancelled) return { state: "cancelled", headline, error: null } as const;
  const failed = end?.verdicts.filter(({ state }) => state === "failed") ?? [];
  if (code === exitCodes.ok) return { state: "done", headline, error: null } as const;
  if (code === exitCodes.verdictFailed && failed.length > 0) {
    const error = failed.map(({ title, detail }) => `Failed: ${title} (${detail})`).join("; ");
    return { state: "done", headline, error } as const;
  }
  const error = lastLines.at(-1) ?? `the simulation exited with code ${code ?? "none"}`;
  return { state: "failed", headline, error } as const;
}

function readEnd(output: string) {
  try {
    return endSchema.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}
