/** Plays the text of a story and records it, moment by moment. */
import { BadCommand } from "../stage/commands.ts";
import { Stage } from "../stage/stage.ts";
import { faultSwitch } from "./fault-switch.ts";
import type { Breach, Recording } from "./moments.ts";
import { Recorder } from "./recorder.ts";
import { isCommand, scriptOf } from "./script.ts";

export interface RecordOptions {
  /** Ends the recording: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The name of the planted fault that is in force meanwhile, in a build that has them. */
  readonly fault?: string;
  /** Called whenever the recording makes room for the page. */
  readonly onProgress?: (progress: Progress) => void;
  /** More moments than this are a fault of the text. */
  readonly momentsMax?: number;
}

export interface Progress {
  readonly line: number;
  readonly lines: number;
  readonly moments: number;
}

/** More would take the memory of a page. */
const momentsMax = 50_000;
/** Looks at the world, of which each may take a microsecond or a millisecond. */
const pointsMax = 200_000;
/** A page that is kept busy for longer looks frozen. */
const workMs = 10;

/** Of the last recording: two at once would see each other's planted fault. */
let before: Promise<unknown> = Promise.resolve();

/** A text that nobody can play is a recording with a `fault`; this rejects only if `signal` says so. */
export function record(text: string, options: RecordOptions = {}): Promise<Recording> {
  const recording = before.then(() => {
    faultSwitch.name = options.fault;
    return play(scriptOf(text), options);
  });
  before = recording.then(
    () => {
      faultSwitch.name = undefined;
    },
    () => {
      faultSwitch.name = undefined;
    },
  );
  return recording;
}

async function play(lines: readonly string[], options: RecordOptions): Promise<Recording> {
  const recorder = new Recorder();
  const rest = restFor(lines, recorder, options);
  let points = 0;
  const stage = new Stage({
    opened: (cluster) => recorder.opened(cluster),
    point: (point, isQuiet) => {
      recorder.look(point);
      points += 1;
      if (points > pointsMax || recorder.moments.length > (options.momentsMax ?? momentsMax))
        throw new BadCommand("this story is too long: end it earlier, or let less time pass");
      return isQuiet ? rest() : undefined;
    },
  });
  const said = new Map<number, readonly string[]>();
  let fault: Recording["fault"];
  let breach: Breach | undefined;
  for (const [line, command] of lines.entries()) {
    if (!isCommand(command)) continue;
    recorder.begin(line);
    try {
      said.set(line, await stage.play(command.slice(2)));
    } catch (error) {
      if (!(error instanceof BadCommand)) throw error;
      fault = { line, sentence: error.message };
    }
    if (stage.broken !== undefined) breach = recorder.broke(stage.broken);
    else if (!stage.isCut) recorder.end(command.slice(2), said.get(line) ?? []);
    if (fault !== undefined || breach !== undefined) break;
  }
  const { ids, moments, voyages, calls } = recorder;
  return { text: lines, ids, moments, voyages, calls, said, breach, fault };
}

/** A promise to wait for, now and then, so that the page can draw and take clicks. */
function restFor(
  lines: readonly string[],
  recorder: Recorder,
  { signal, onProgress }: RecordOptions,
): () => Promise<void> | undefined {
  let startedAt = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - startedAt < workMs) return undefined;
    const moments = recorder.moments.length;
    onProgress?.({ line: recorder.line, lines: lines.length, moments });
    return new Promise((resolve) => {
      setTimeout(() => {
        startedAt = performance.now();
        resolve();
      }, 0);
    });
  };
}
