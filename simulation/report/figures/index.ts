/** All figures of the report, and their order. */
import { convergenceFigure } from "./convergence.ts";
import { delaysFigure } from "./delays.ts";
import { ecdfFigure } from "./ecdf.ts";
import type { Figure, Source } from "./figure.ts";
import { freshnessFigure } from "./freshness.ts";
import { latencyFigure } from "./latency.ts";
import { overheadFigure } from "./overhead.ts";
import { runOrderFigure } from "./run-order.ts";
import { timelinesFigure } from "./timelines.ts";

export type { Figure, Source } from "./figure.ts";

/** In the order of the report. Each answers undefined where the run left nothing to draw. */
const makers: readonly ((source: Source) => Figure | undefined)[] = [
  latencyFigure,
  ecdfFigure,
  overheadFigure,
  timelinesFigure,
  delaysFigure,
  freshnessFigure,
  convergenceFigure,
  runOrderFigure,
];

/** The figures that this run has data for. */
export const figuresOf = (source: Source): readonly Figure[] =>
  makers.flatMap((make) => make(source) ?? []);
