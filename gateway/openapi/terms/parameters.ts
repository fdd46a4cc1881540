/** Parameters in the queries and paths of calls: their names are those that requests are judged by. */
import { consistencies, purposes } from "../../../src/node/api.ts";
import {
  keyBytesMax,
  listLimitDefault,
  listLimitMax,
  timeoutMsMax,
} from "../../../src/request-limits.ts";
import { versionRange } from "../../requests/checks.ts";
import type { Parameter } from "./call-doc.ts";

const text = { type: "string" } as const;
const number = { type: "integer", minimum: versionRange.min, maximum: versionRange.max } as const;
const prefix = {
  description: "Only keys that start with it. Absent: all keys.",
  schema: { ...text, maxLength: keyBytesMax },
};

/** Of `GET /read`. */
export const readQueryDoc = {
  key: {
    description: "One key. Absent: a page of keys.",
    schema: { ...text, minLength: 1, maxLength: keyBytesMax },
  },
  minVersion: {
    description: "With `key`: wait until this node has applied this version, up to `TIMEOUT`.",
    schema: number,
  },
  consistency: {
    description:
      "`linearizable`: every write that was answered before shows. `local`: what this node has. Absent: linearizable on the leader, local elsewhere.",
    schema: { enum: consistencies },
  },
  raw: {
    description: "With `key`: the bare value; its version is in `ETag`.",
    schema: { enum: ["true", "false"] },
  },
  wait: {
    description: `With \`after\`: hold the answer until there is something newer, such as \`30s\` or \`500ms\`, at most ${timeoutMsMax / 1000} s.`,
    schema: { ...text, pattern: "^\\d{1,6}(ms|s)$" },
  },
  prefix,
  limit: {
    description: `Keys of a page. Absent: ${listLimitDefault}.`,
    schema: { type: "integer", minimum: 1, maximum: listLimitMax },
  },
  after: {
    description: "Of a list: only keys after this one. With `wait`: the version that is known.",
    schema: text,
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** Of `GET /watch`. */
export const watchQueryDoc = {
  prefix,
  after: {
    description:
      "The sequence after which the stream starts; `Last-Event-ID` takes precedence. Absent: from now on.",
    schema: number,
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** Of `GET /readyz`. */
export const readyQueryDoc = {
  for: {
    description: "What the node is to be used for. Absent: all its calls.",
    schema: { enum: purposes },
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** The names, for the check of a query. */
export const namesOf = <Name extends string>(
  parameters: Readonly<Record<Name, Parameter>>,
): readonly Name[] => Object.keys(parameters) as Name[];
