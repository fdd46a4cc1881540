/**
 * `npm run certs`: makes an authority for development and the certificates of a cluster. Exit codes: 0, 1 when the
 * folder cannot be used, 2 for a bad option.
 */
import { isIP } from "node:net";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { idRange, idSyntax } from "../../src/config/ids.ts";
import { hostNameSyntax } from "../../src/config/setting.ts";
import { validDays } from "./authority.ts";
import { prepareFolder, writeCertificates, writeTokens } from "./write.ts";

interface Options {
  readonly out: string;
  readonly nodes: readonly string[];
  readonly names: readonly string[];
  readonly force?: boolean;
}

const list = (text: string): string[] => text.split(",").map((item) => item.trim());

function readIds(text: string): string[] {
  const ids = list(text);
  if (ids.every((id) => idSyntax.test(id)) && new Set(ids).size === ids.length) return ids;
  throw new InvalidArgumentError(
    `It must be a comma separated list of different ids of ${idRange}.`,
  );
}

function readNames(text: string): string[] {
  const names = list(text);
  if (names.every((name) => isIP(name) !== 0 || hostNameSyntax.test(name))) return names;
  throw new InvalidArgumentError("It must be a comma separated list of host names and addresses.");
}

const six = ["leader", ...[1, 2, 3, 4, 5].map((number) => `follower${number}`)];

const command = new Command("npm run certs --")
  .description(
    `Makes certificates for development, valid for ${validDays} days: an authority, whose key is thrown away, ` +
      "one certificate for each node, and one that clients are shown. Makes a token file with one token, too.",
  )
  .option("-o, --out <folder>", "where they go", "certs")
  .option("-n, --nodes <ids>", "ids of the nodes", readIds, six)
  .option(
    "--names <hosts>",
    "how clients reach the nodes, besides localhost and the ids",
    readNames,
    [],
  )
  .option("-f, --force", "replace those that are there")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
  .exitOverride();

async function run(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { out, nodes, names, force = false } = command.opts<Options>();
  try {
    prepareFolder(out, force);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  const isAddress = (name: string) => isIP(name) !== 0;
  await writeCertificates({
    nodes,
    dns: ["localhost", ...nodes, ...names.filter((name) => !isAddress(name))],
    ips: ["127.0.0.1", "::1", ...names.filter(isAddress)],
    directory: out,
  });
  const token = writeTokens({ nodes, directory: out });
  process.stdout.write(
    `${out}/<node>/ is for that node alone, ${out}/ca.crt for clients. This token may do everything, and is shown ` +
      `only now:\n${token}\n` +
      `Try: curl --cacert ${out}/ca.crt -H 'Authorization: Bearer ${token}' https://localhost:4567/status\n`,
  );
  return 0;
}

process.exitCode = await run();
