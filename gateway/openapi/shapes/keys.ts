/** What reads, writes and watches answer. */
import { z } from "zod";
import type { AckTrace } from "../../../src/node/api.ts";
import { type Described, exactly } from "../terms/exactly.ts";
import { figure, key, nodeId, quorum, text, value, version, whole } from "./fields.ts";

export const entry = z
  .object({ key, value, version })
  .meta({ id: "Entry", description: "A key with its value." });

const sequence = whole("The place in the log that the answer is of.");

export const page = z
  .object({
    entries: z.array(entry).meta({ description: "In byte order of their keys." }),
    next: z
      .string()
      .nullable()
      .meta({ description: "Pass it as `after` for the next page. Null: this was the last one." }),
    sequence,
  })
  .meta({ id: "Page", description: "A page of keys." });

export const view = z
  .object({
    entries: z
      .array(entry.nullable())
      .meta({ description: "In the order asked. Null: there is no such key." }),
    sequence,
  })
  .meta({ id: "View", description: "Several keys as of one moment." });

export const ackTrace = exactly<AckTrace>()(
  z.object({
    node: nodeId,
    ms: figure("Milliseconds from the proposal until the ack arrived."),
    delayMs: figure("Milliseconds of simulated delay on the way to the node."),
  }),
).meta({ id: "AckTrace", description: "An ack with its times." });

const outcome = {
  version: whole("The sequence of the entry; all its operations share it."),
  quorum,
  acks: z
    .union([z.array(nodeId), z.array(ackTrace)])
    .meta({ description: "In the order of arrival. With `trace`, each has its times." }),
  latencyMs: figure("Milliseconds from the proposal until the entry settled."),
};

/** What a write of one key came to. */
export const receipt = z
  .object({ key, ...outcome })
  .meta({ id: "Receipt", description: "The write has settled." });
export const batchReceipt = z
  .object(outcome)
  .meta({ id: "BatchReceipt", description: "The whole batch has settled." });
export type Receipt = Described<typeof batchReceipt> & { readonly key?: string | undefined };

export const put = z
  .object({ key, value, version })
  .meta({ id: "PutEvent", description: "The key was put." });
export const removed = z
  .object({ key, version })
  .meta({ id: "DeleteEvent", description: "The key was deleted." });
/** The content of a metrics page, and other text. */
export const plainText = text("Text.");
/** The content of a file, whatever its type is. */
export const fileContent = z.unknown().meta({ description: "The content of the file." });
