/**
 * `npm run token`: makes a token, adds its line to a token file, and prints the token, once. Exit codes: 0, 1 when
 * the file cannot be used, 2 for a bad option.
 */
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { idRange, idSyntax } from "../../src/config/ids.ts";
import { type Role, roles } from "./caller.ts";
import { modeFault, newToken, readTokens, type TokenLine } from "./tokens.ts";

interface Options {
  readonly role: Role;
  readonly prefix?: string[];
  readonly id?: string;
  /** Wall-clock milliseconds since 1970. */
  readonly expires?: number;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30d`, `12h`, `90m`, or an instant as in ISO 8601. */
function readExpiry(text: string): number {
  const [, count, unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const at =
    count === undefined ? Date.parse(text) : Date.now() + Number(count) * (units[unit] ?? 0);
  if (!/^\d/.test(text) || Number.isNaN(at) || at <= Date.now())
    throw new InvalidArgumentError(
      "It must be like 30d, 12h, 90m or 2030-01-31T00:00:00Z, and not be over.",
    );
  return at;
}

function readId(text: string): string {
  if (!idSyntax.test(text)) throw new InvalidArgumentError(`It must be ${idRange}.`);
  return text;
}

const program = new Command("npm run token --")
  .description(
    "Makes a token, adds its line to FILE, and prints the token, which nothing else keeps.",
  )
  .argument("<file>", "the file that TOKENS_FILE names; created if it is missing")
  .addOption(new Option("-r, --role <role>", "what it may do").choices(roles).makeOptionMandatory())
  .option(
    "-p, --prefix <prefix>",
    "what the keys start with that it is for; may be repeated (default: all keys)",
    (one: string, before: readonly string[] = []) => [...before, one],
  )
  .option("-i, --id <id>", "its name in logs (default: one by chance)", readId)
  .option(
    "-e, --expires <when>",
    "when it ends: 30d, 12h, 90m or an instant (default: never)",
    readExpiry,
  )
  .exitOverride();

/** Adds the line; throws with one sentence where the file cannot be used. */
function addToken(path: string, { role, prefix, id, expires }: Options): string {
  const { text, sha256 } = newToken();
  const line: TokenLine = {
    id: id ?? `${role}-${sha256.slice(0, 8)}`,
    role,
    ...(prefix === undefined ? {} : { prefixes: prefix }),
    sha256,
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
  };
  const file = openSync(path, "a+", 0o600);
  try {
    const fault = modeFault(fstatSync(file).mode);
    if (fault !== undefined) throw new Error(fault);
    // Of the file that was checked, whatever its path names by now.
    const before = readFileSync(file, "utf8");
    const separator = before === "" || before.endsWith("\n") ? "" : "\n";
    const added = `${separator}${JSON.stringify(line)}\n`;
    readTokens(before + added);
    writeSync(file, added);
  } finally {
    closeSync(file);
  }
  process.stderr.write(
    `Added token ${line.id} (${role}) to ${path}; nodes know it within a moment. This is it:\n`,
  );
  return text;
}

try {
  program.parse();
  const [path = ""] = program.args;
  process.stdout.write(`${addToken(path, program.opts<Options>())}\n`);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
