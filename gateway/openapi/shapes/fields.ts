/** Fields that many answers have. */
import { z } from "zod";
import { versionRange } from "../../requests/checks.ts";

/** A schema with what the document says of it. */
const said = <Schema extends z.ZodType>(schema: Schema, description: string, more = {}): Schema =>
  schema.meta({ description, ...more }) as Schema;

export const text = (description: string) => said(z.string(), description);
export const flag = (description: string) => said(z.boolean(), description);
/** Any number, such as milliseconds with a fraction. */
export const figure = (description: string) => said(z.number(), description);
/** A count, a sequence or an epoch. */
export const whole = (description: string) =>
  said(z.number(), description, { type: "integer", minimum: 0, maximum: versionRange.max });

/** 16 hexadecimal digits. */
export const digest = (description: string) =>
  said(z.string(), description, { pattern: "^[0-9a-f]{16}$" });
/** Wall-clock milliseconds since 1970. */
export const instant = (description: string) =>
  whole(`${description}. Wall-clock milliseconds since 1970.`);
export const key = text("1 to 1024 bytes of UTF-8.");
export const version = whole("The sequence of the entry that last wrote the key.");
/** Values are JSON text: what the client wrote, without white space. */
export const value = said(z.unknown(), "Any JSON value, as it was written.");
export const nodeId = text("The id of a node, one of NODES.");
export const quorum = whole("Follower acks that a write waits for.");
