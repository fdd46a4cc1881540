/** /sweeps. */

import { fileContent } from "../shapes/keys.ts";
import { oneSweep, sweepEvents, sweepList } from "../shapes/sweeps.ts";
import { type CallDoc, leaderRefusals } from "../terms/call-doc.ts";

const id = { description: "The id of a sweep.", schema: { type: "string" } };
const ofOne = [...leaderRefusals, "NOT_FOUND"] as const;
const leaderOnly = "Leader only.";
/** Ids are the node's own: the examples name a sweep that is gone. */
const gone = { status: 404, path: { id: "sweep-1" } };

export const sweepsDoc: CallDoc = {
  id: "sweeps",
  tag: "Sweeps",
  summary: "The sweeps of this node",
  description: leaderOnly,
  examples: { plain: { summary: "All of them", status: 200, answer: { sweeps: [] } } },
  answers: { 200: { description: "The newest first.", shape: sweepList } },
  refusals: leaderRefusals,
};

export const startSweepDoc: CallDoc = {
  id: "startSweep",
  tag: "Sweeps",
  summary: "Start a sweep",
  description: "Leader only, one at a time. It changes the simulated delays until it ends.",
  examples: {
    small: {
      summary: "Two quorums, one write each",
      status: 202,
      body: {
        ...{ quorums: [0, 1], clients: 1, writes: 1, rounds: 1 },
        ...{ minDelay: 0, maxDelay: 1 },
      },
    },
  },
  answers: { 202: { description: "It runs; its events tell how far.", shape: oneSweep } },
  refusals: ofOne,
};

export const sweepDoc: CallDoc = {
  id: "sweep",
  tag: "Sweeps",
  summary: "One sweep",
  description: leaderOnly,
  path: { id },
  examples: { gone: { summary: "An id that is not known", ...gone } },
  answers: { 200: { description: "The sweep.", shape: oneSweep } },
  refusals: ofOne,
};

export const cancelSweepDoc: CallDoc = {
  id: "cancelSweep",
  tag: "Sweeps",
  summary: "Cancel a sweep",
  description: leaderOnly,
  path: { id },
  examples: { gone: { summary: "An id that is not known", ...gone } },
  answers: { 200: { description: "The sweep.", shape: oneSweep } },
  refusals: ofOne,
};

export const sweepEventsDoc: CallDoc = {
  id: "sweepEvents",
  tag: "Sweeps",
  summary: "Follow a sweep",
  description: "Leader only. What happened so far, then what happens, until `done`.",
  path: { id },
  examples: { gone: { summary: "An id that is not known", ...gone } },
  answers: {
    200: {
      description: "A stream that lasts until the sweep ends.",
      contentType: "text/event-stream; charset=utf-8",
      events: sweepEvents,
      headers: ["X-Accel-Buffering"],
    },
  },
  refusals: ofOne,
};

export const sweepReportDoc: CallDoc = {
  id: "sweepReport",
  tag: "Sweeps",
  summary: "A file of the report of a sweep",
  description: leaderOnly,
  path: {
    id,
    file: {
      description: "Such as `index.html`; it may have slashes, as in `figures/ecdf.svg`.",
      schema: { type: "string" },
    },
  },
  headers: ["Accept-Encoding"],
  examples: {
    gone: {
      summary: "A file of a sweep that is not known",
      status: 404,
      path: { id: "sweep-1", file: "index.html" },
    },
  },
  answers: {
    200: { description: "The file.", contentType: "*/*", shape: fileContent },
  },
  refusals: ofOne,
};
