/** The figure that explains a quorum: three writes, and when each of their acks arrived. */
import type { Timeline } from "../../results/schema.ts";
import { common, type Figure, type Source, width } from "./figure.ts";
import { followerShades, palette, shadeAt } from "./palette.ts";

/** Three writes of one quorum, ack by ack: a quick one, a usual one and a slow one. */
export function timelinesFigure(source: Source): Figure | undefined {
  const chosen = representative(source);
  if (chosen === undefined) return undefined;
  const { quorum, writes } = chosen;
  const rows = writes.map(({ row, timeline }) => ({ row, ...timeline }));
  const acks = rows.flatMap(({ row, acks: all }) =>
    all.map(({ node, ms, delayMs }, index) => ({ row, node, ms, delayMs, rank: `${index + 1}` })),
  );
  const answers = rows.map(({ row, settleMs }) => ({
    row,
    settleMs,
    label: `answered after ${settleMs.toFixed(0)} ms`,
  }));
  const ids = source.results.followers.map(({ id }) => id);
  const color = {
    field: "node",
    type: "nominal",
    scale: { domain: ids, range: ids.map((_, index) => shadeAt(followerShades, index).light) },
    title: "ack from",
  } as const;
  const y = {
    field: "node",
    type: "nominal",
    sort: ids,
    title: null,
    axis: { grid: false },
  } as const;
  const x = {
    field: "ms",
    type: "quantitative",
    title: "ms since the write was proposed",
  } as const;
  return {
    name: "ack-timelines",
    title: `Acks of three writes at quorum ${quorum}`,
    caption:
      "One panel per write, one line per follower: how long the entry was held back on its way, and " +
      `the ack's number in order of arrival. The writer is answered at ack ${quorum}, which is the ` +
      "vertical line; later acks still make the entry durable there, but nobody waits for them.",
    spec: {
      ...common,
      data: { values: [] },
      vconcat: rows.map(({ row }) => ({
        width,
        height: 110,
        title: {
          text: row,
          anchor: "start",
          fontSize: 12,
          fontWeight: 600,
          color: palette.ink.light,
        },
        layer: [
          {
            data: { values: acks.filter((ack) => ack.row === row) },
            mark: { type: "bar", height: 3, opacity: 0.55 },
            encoding: {
              x: { ...x, field: "delayMs", stack: null },
              y,
              color: { ...color, legend: null },
            },
          },
          {
            data: { values: answers.filter((answer) => answer.row === row) },
            mark: { type: "rule", color: palette.ink.light, strokeWidth: 1.5 },
            encoding: { x: { ...x, field: "settleMs" } },
          },
          {
            data: { values: answers.filter((answer) => answer.row === row) },
            mark: { type: "text", align: "left", dx: 6, y: -7, fontWeight: 600 },
            encoding: { x: { ...x, field: "settleMs" }, text: { field: "label" } },
          },
          {
            data: { values: acks.filter((ack) => ack.row === row) },
            mark: { type: "circle", size: 190, opacity: 1 },
            encoding: { x, y, color: { ...color, legend: null } },
          },
          {
            data: { values: acks.filter((ack) => ack.row === row) },
            mark: { type: "text", color: palette.onColor.light, fontSize: 11, fontWeight: 700 },
            encoding: { x, y, text: { field: "rank" } },
          },
        ],
      })),
      resolve: { scale: { x: "shared" } },
    } as Figure["spec"],
  };
}

/** The quorum in the middle, and of its writes those at 10, 50 and 90 %. */
function representative({ results, analysis }: Source) {
  const quorums = analysis.quorums
    .map(({ quorum }) => ({ quorum, timelines: timelinesOf(quorum) }))
    .filter(({ quorum, timelines }) => quorum > 0 && timelines.length >= 3);
  const middle = quorums[Math.floor((quorums.length - 1) / 2)];
  if (middle === undefined) return undefined;
  const sorted = middle.timelines.toSorted((a, b) => a.settleMs - b.settleMs);
  const names = [
    ["a quick write", 0.1],
    ["a usual write", 0.5],
    ["a slow write", 0.9],
  ] as const;
  const writes = names.map(([row, share]) => ({
    row,
    timeline: sorted[Math.round((sorted.length - 1) * share)] as Timeline,
  }));
  return { quorum: middle.quorum, writes };

  function timelinesOf(quorum: number): readonly Timeline[] {
    return results.passes
      .filter((pass) => pass.quorum === quorum)
      .flatMap((pass) => pass.timelines);
  }
}
