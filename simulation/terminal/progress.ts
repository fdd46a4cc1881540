/** Live progress on standard error: one line that renews itself, or plain lines, or JSON lines. */
import { analyse, verdictOnQuorum } from "../analysis/analyse.ts";
import { milliseconds } from "../analysis/headline.ts";
import { withoutRemainders } from "../numbers.ts";
import type { Listener, ProgressEvent } from "../sweep/progress.ts";
import type { Paint } from "./paint.ts";
import { printable, printableLine } from "./printable.ts";

/** auto: live in a terminal, else plain. */
export const progressStyles = ["auto", "live", "plain", "json", "none"] as const;
/** One of them. */
export type ProgressStyle = (typeof progressStyles)[number];

/** Where progress is drawn: standard error, but for tests. */
export interface ProgressOutput {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** A listener that draws. It keeps no timer, so nothing is to be closed. */
export function createProgress(
  style: ProgressStyle,
  output: ProgressOutput,
  paint: Paint,
): Listener {
  switch (style === "auto" ? (output.isTTY ? "live" : "plain") : style) {
    case "live":
      return liveProgress(output, paint);
    case "json":
      return (event) =>
        output.write(`${printable(JSON.stringify(jsonOf(event), withoutRemainders))}\n`);
    case "none":
      return () => undefined;
    default:
      return plainProgress(output);
  }
}

const redrawEveryMs = 80;

function liveProgress(output: ProgressOutput, paint: Paint): Listener {
  let drawnAt = 0;
  const draw = (text: string) => output.write(`\r\u001b[2K${text.slice(0, output.columns - 1)}`);
  return (event) => {
    switch (event.type) {
      case "plan":
        break;
      case "stage":
        draw(stageText(event));
        drawnAt = 0;
        break;
      case "write": {
        const now = performance.now();
        if (now - drawnAt < redrawEveryMs) break;
        drawnAt = now;
        draw(writeText(event));
        break;
      }
      case "passed":
        draw("");
        output.write(`${paint("dim", passedText(event) ?? "")}\n`);
        break;
      case "note":
        draw("");
        output.write(`${printableLine(event.text)}\n`);
        break;
    }
  };
}

/** For logs: one line per pass. */
const plainProgress =
  (output: ProgressOutput): Listener =>
  (event) => {
    if (event.type === "passed") output.write(`${passedText(event) ?? ""}\n`);
    if (event.type === "note") output.write(`${printableLine(event.text)}\n`);
  };

function stageText({ stage, quorum }: ProgressEvent & { type: "stage" }): string {
  const doing = {
    starting: "starting the cluster",
    warming: "warming up",
    loading: "writing",
    settling: "comparing stores",
  };
  return `quorum ${quorum}  ${doing[stage]} …`;
}

function writeText(event: ProgressEvent & { type: "write" }): string {
  const { quorum, writesDone, writesTotal, meanMs, theoryMs, secondsLeft } = event;
  const mean = meanMs === null ? "no success yet" : `mean ${milliseconds(meanMs)}`;
  return (
    `quorum ${quorum}  ${writesDone}/${writesTotal} writes  ${mean} ` +
    `(theory ${milliseconds(theoryMs)})  about ${secondsLeft} s left`
  );
}

function passedText({ quorum, results }: ProgressEvent & { type: "passed" }) {
  const analysis = analyse(results);
  const one = analysis.quorums.find((other) => other.quorum === quorum);
  if (one?.latency === undefined) return `quorum ${quorum}  no write succeeded`;
  const { latency, theory, overhead, convergence } = one;
  const after = convergence === null ? "" : `, converged after ${milliseconds(convergence.maxMs)}`;
  return (
    `quorum ${quorum}  ${latency.count} writes  mean ${milliseconds(latency.meanMs)} ` +
    `(theory ${milliseconds(theory.meanMs)}), own cost ${milliseconds(overhead?.meanMs ?? 0)}${after}`
  );
}

/** As the page's sweep job reads it: small, one object a line. */
function jsonOf(event: ProgressEvent): object {
  if (event.type !== "passed") return event;
  const { quorum, results } = event;
  const analysis = analyse(results);
  const one = analysis.quorums.find((other) => other.quorum === quorum);
  return {
    type: "quorum",
    result: {
      quorum,
      samples: one?.samples ?? 0,
      meanMs: one?.latency?.meanMs ?? null,
      meanLowMs: one?.meanInterval?.lowMs ?? null,
      meanHighMs: one?.meanInterval?.highMs ?? null,
      p50Ms: one?.latency?.p50Ms ?? null,
      p90Ms: one?.latency?.p90Ms ?? null,
      p95Ms: one?.latency?.p95Ms ?? null,
      maxMs: one?.latency?.maxMs ?? null,
      theoryMs: one?.theory.meanMs ?? null,
      overheadMs: one?.overhead?.meanMs ?? null,
      errors: (one?.refused ?? 0) + (one?.unknown ?? 0),
      verdict: verdictOnQuorum(analysis, quorum),
    },
  };
}
