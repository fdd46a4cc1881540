/** How a node is watched and run. */
import { z } from "zod";
import { type Setting, wholeNumber, zeroOrOne } from "./setting.ts";
import { isControlUrl } from "./urls.ts";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** In the order of docs/configuration.md. */
export const operationSettings = {
  LOG_LEVEL: {
    byDefault: "info",
    meaning: "the least severe log lines to write",
    range: `one of ${logLevels.join(", ")}`,
    schema: z.enum(logLevels),
  },
  FAULTS: {
    byDefault: "0",
    meaning: "1: link faults can be set, on the page or with `/faults`",
    ...zeroOrOne,
  },
  CONTROL_URL: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "set by `npm start` for its nodes: where the page's buttons for processes lead, with `FAULTS=1`",
    range: "an http:// URL on 127.0.0.1",
    schema: z.string().refine((text) => text === "" || isControlUrl(text)),
  },
  LOG_RETENTION: {
    byDefault: "100000",
    meaning:
      "applied entries kept for catch-up and watchers, and about 512 MiB of them (four times that while a follower that takes a snapshot needs it); a follower that is further behind gets a snapshot",
    range: "a whole number of entries, 100..1000000000",
    schema: wholeNumber({ min: 100, max: 1_000_000_000 }),
  },
} as const satisfies Record<string, Setting<unknown>>;
