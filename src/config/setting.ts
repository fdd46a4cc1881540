/** What a setting is, and the forms of value that several of them share. */
import { z } from "zod";
import type { WholeRange } from "../whole-range.ts";

/** One variable of the environment. */
export interface Setting<T> {
  /** Absent: the variable must be set. Empty: computed from other settings, or really empty. */
  readonly byDefault?: string;
  /** How docs/configuration.md shows the default where it is not a plain value. */
  readonly defaultShown?: string;
  readonly meaning: string;
  /** Completes the sentence "it must be …". */
  readonly range: string;
  readonly schema: z.ZodType<T, string>;
  /** Its value is never shown. */
  readonly isSecret?: boolean;
}

/** Host names as DNS and container networks have them. */
export const hostNameSyntax = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** A whole number in decimal digits, without sign or leading zeros. */
export const wholeNumber = (limits: WholeRange) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,14})$/)
    .transform(Number)
    .pipe(z.number().min(limits.min).max(limits.max));

/** Whole milliseconds within limits. */
export const milliseconds = (limits: WholeRange) => ({
  range: `whole milliseconds, ${limits.min}..${limits.max}`,
  schema: wholeNumber(limits),
});

/** A switch. */
export const zeroOrOne = {
  range: "0 or 1",
  schema: z.enum(["0", "1"]).transform((text) => text === "1"),
} as const;

/** A path of the file system. */
export const pathText = z.string().refine((text) => !text.includes("\0"));
