/** get, put, del, list, batch. */

import { elementsOf, membersOf } from "../../src/json-text.ts";
import type { Entry, Operation, Receipt, View, WriteOptions } from "../../src/types.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { tableOf } from "../terminal/table.ts";
import { timelineOf } from "../terminal/timeline.ts";
import { shortened } from "../terminal/visible.ts";
import { rawValue, textOfArgument, valueTextOf } from "../value-argument.ts";

export interface ReadFlags {
  readonly local?: boolean;
  readonly minVersion?: number;
}

export interface WriteFlags {
  readonly quorum?: number;
  readonly ifVersion?: number;
  readonly trace?: boolean;
  readonly idempotencyKey?: string;
  readonly string?: boolean;
}

export interface ListFlags {
  readonly limit: number;
  readonly after?: string;
  readonly local?: boolean;
}

const valueCharactersMax = 60;
const consistencyOf = ({ local = false }: { readonly local?: boolean }) =>
  local ? ("local" as const) : ("linearizable" as const);

/** The entry as the store answers it, with the text of its value. */
export const entryText = ({ key, value, version }: Entry<string>): string =>
  `{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`;

export async function get(
  session: Session,
  keys: readonly string[],
  flags: ReadFlags,
): Promise<ExitCode> {
  const { kv, io, output, paint } = session;
  const { minVersion } = flags;
  const options = {
    ...{ raw: true, signal: io.signal, minVersion, consistency: consistencyOf(flags) },
  };
  const [key = "", ...others] = keys;
  if (others.length > 0) return await showView(session, keys, await kv.getMany(keys, options));
  const entry = await kv.get<string>(key, options);
  if (entry === null) return missing(session, key);
  await output.show({
    table: () => tableOf(["KEY", "VERSION", "VALUE"], [[key, entry.version, entry.value]], paint),
    json: () => entryText(entry),
    raw: () => rawValue(entry.value),
  });
  return exitCodes.ok;
}

async function showView(
  session: Session,
  keys: readonly string[],
  { entries, sequence }: View<string>,
): Promise<ExitCode> {
  const { output, paint } = session;
  const found = entries.filter((entry) => entry !== null);
  const rows = found.map(({ key, version, value }) => [key, version, value]);
  const texts = entries.map((entry) => (entry === null ? "null" : entryText(entry)));
  await output.show({
    table: () => tableOf(["KEY", "VERSION", "VALUE"], rows, paint),
    json: () => `{"entries":[${texts}],"sequence":${sequence}}`,
    raw: () => found.map(({ value }) => rawValue(value)).join("\n"),
  });
  for (const [index, key] of keys.entries()) if (entries[index] === null) missing(session, key);
  return found.length === keys.length ? exitCodes.ok : exitCodes.notFound;
}

function missing({ output }: Session, key: string): ExitCode {
  output.note(`no key ${JSON.stringify(key)}`);
  return exitCodes.notFound;
}

const writeOptions = (
  { io }: Session,
  { quorum, ifVersion, trace, idempotencyKey }: WriteFlags,
): WriteOptions & { readonly raw: true } => ({
  ...{ quorum, ifVersion, trace, idempotencyKey, signal: io.signal, raw: true as const },
});

export async function put(
  session: Session,
  [key, argument]: readonly [string, string],
  flags: WriteFlags,
): Promise<ExitCode> {
  const value = await valueTextOf(argument, flags.string ?? false, session.io);
  const receipt = await session.kv.put(key, value, writeOptions(session, flags));
  return await showReceipt(session, { key, ...receipt }, flags);
}

export async function del(session: Session, key: string, flags: WriteFlags): Promise<ExitCode> {
  const receipt = await session.kv.delete(key, writeOptions(session, flags));
  if (receipt === null) return missing(session, key);
  return await showReceipt(session, { key, ...receipt }, flags);
}

/** From a JSON array, or from one operation a line. */
export async function batch(
  session: Session,
  argument: string,
  flags: WriteFlags,
): Promise<ExitCode> {
  const text = await textOfArgument(argument, session.io);
  const operations = operationsOf(text.trim());
  const receipt = await session.kv.batch(operations, writeOptions(session, flags));
  return await showReceipt(session, receipt, flags);
}

function operationsOf(text: string): readonly Operation<string>[] {
  try {
    const parsed: unknown = text.startsWith("[") ? JSON.parse(text) : undefined;
    const each =
      parsed === undefined ? text.split("\n").filter((line) => line !== "") : elementsOf(text);
    return each.map(operationOf);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`the batch is not JSON: ${(error as Error).message}`);
  }
}

/** With the value as its text. */
function operationOf(text: string): Operation<string> {
  const operation: Operation = JSON.parse(text);
  if (typeof operation === "object" && operation !== null) {
    if ("delete" in operation || "check" in operation) return operation;
    const members = membersOf(membersOf(text).get("put") ?? "{}");
    const value = members.get("value");
    if ("put" in operation && value !== undefined) return { put: { ...operation.put, value } };
  }
  throw new CommandError(
    `${shortened(text, valueCharactersMax)} is no operation: {"put":{"key","value"}}, {"delete":{"key"}} or {"check":{"key","ifVersion"}}`,
  );
}

async function showReceipt(
  { output, paint }: Session,
  receipt: Receipt & { readonly key?: string },
  { trace = false }: WriteFlags,
): Promise<ExitCode> {
  const { key, version, quorum, acks, latencyMs } = receipt;
  const names = acks.map(({ node }) => node);
  await output.show({
    table: () => {
      const head = [...(key === undefined ? [] : ["KEY"]), "VERSION", "QUORUM", "ACKS", "MS"];
      const first = key === undefined ? [] : [key];
      const row = [...first, version, quorum, names.join(" "), latencyMs.toFixed(1)];
      const table = tableOf(head, [row], paint);
      return trace ? `${table}\n\n${timelineOf(receipt, paint)}` : table;
    },
    json: () => JSON.stringify({ key, version, quorum, acks: trace ? acks : names, latencyMs }),
    raw: () => String(version),
  });
  return exitCodes.ok;
}

export async function list(session: Session, prefix: string, flags: ListFlags): Promise<ExitCode> {
  const { kv, io, output, paint } = session;
  const { limit, after } = flags;
  const page = await kv.list<string>({
    ...{ prefix, limit, after, raw: true, signal: io.signal, consistency: consistencyOf(flags) },
  });
  const { entries, next, sequence } = page;
  await output.show({
    table: () => {
      const rows = entries.map(({ key, version, value }) => [
        ...[key, version, shortened(value, valueCharactersMax)],
      ]);
      return tableOf(["KEY", "VERSION", "VALUE"], rows, paint);
    },
    json: () =>
      `{"entries":[${entries.map(entryText)}],"next":${JSON.stringify(next)},"sequence":${sequence}}`,
    raw: () => entries.map(({ key }) => key).join("\n"),
  });
  if (next !== null) output.note(`more keys follow: --after ${JSON.stringify(next)}`);
  return exitCodes.ok;
}
