/** What every command has: the client, the output, and the colours. */
import type { Command } from "commander";
import { QuorumKV } from "../src/quorum-kv.ts";
import { CommandError } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { type Format, Output } from "./output.ts";
import { type Paint, paintFor } from "./terminal/paint.ts";

const defaultEndpoint = "http://127.0.0.1:4567";

/** Options that every command takes. */
interface CommonFlags {
  readonly endpoints?: string;
  readonly output: Format;
  readonly timeout: number;
}

export interface Session {
  readonly kv: QuorumKV;
  readonly io: Io;
  readonly output: Output;
  readonly paint: Paint;
  readonly timeoutMs: number;
}

export function openSession(io: Io, command: Command): Session {
  const { endpoints, output, timeout } = command.optsWithGlobals<CommonFlags>();
  const given = endpoints ?? io.env["KV_ENDPOINTS"] ?? "";
  const list = given
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
  try {
    const kv = new QuorumKV({
      endpoints: list.length === 0 ? defaultEndpoint : list,
      token: io.env["KV_TOKEN"] || undefined,
      timeoutMs: timeout,
    });
    return { kv, io, output: new Output(io, output), paint: paintFor(io), timeoutMs: timeout };
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message);
    throw error;
  }
}
