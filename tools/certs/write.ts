/** Writes what `npm run certs` makes: one folder for each node, with nothing in it that others need. */
import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAuthority, type Issued } from "./authority.ts";

export interface Made {
  /** Ids of the members. */
  readonly nodes: readonly string[];
  /** Hosts and addresses by which clients reach any of them. */
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  readonly directory: string;
}

/** The user of the image, who reads the files where root has made them. */
const imageUser = 1000;

const tokenCommand = fileURLToPath(
  new URL("../../gateway/access/token-command.ts", import.meta.url),
);
const authorityFile = "ca.crt";

/** Throws where the folder has certificates already, unless they shall be replaced. */
export function prepareFolder(directory: string, force: boolean): void {
  if (!force && existsSync(join(directory, authorityFile)))
    throw new Error(`${directory} has certificates; --force replaces them.`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
}

/**
 * `ca.crt` for clients, and for each node `<id>/` with `ca.crt`, its certificate as a member, and the one that
 * clients are shown, which is the same for all.
 */
export async function writeCertificates({ nodes, dns, ips, directory }: Made): Promise<void> {
  const authority = await createAuthority("Quorum KV development");
  const clients = await authority.issue({ name: "Quorum KV", dns, ips });
  for (const id of nodes) {
    const folder = join(directory, id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    giveToImage(folder);
    place(join(folder, authorityFile), authority.cert);
    placePair(folder, "member", await authority.issue({ name: id, members: [id] }));
    placePair(folder, "clients", clients);
  }
  place(join(directory, authorityFile), authority.cert);
}

/**
 * Gives each node the same token file with one token, which it returns: made by `npm run token`, whose file is made
 * anew.
 */
export function writeTokens({ nodes, directory }: Pick<Made, "nodes" | "directory">): string {
  const made = join(directory, `tokens.${process.pid}`);
  const words = [tokenCommand, made, "--role", "admin", "--id", "admin"];
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const;
    const token = execFileSync(process.execPath, words, { encoding: "utf8", stdio: [...stdio] });
    const text = readFileSync(made, "utf8");
    for (const id of nodes) place(join(directory, id, "tokens"), text, 0o600);
    return token.trim();
  } finally {
    rmSync(made, { force: true });
  }
}

/** Keys are for their owner alone. */
function placePair(folder: string, name: string, { cert, key }: Issued): void {
  place(join(folder, `${name}.crt`), cert);
  place(join(folder, `${name}.key`), key, 0o600);
}

/** In one step: a node that reads it at the moment gets the old file or the new one. */
function place(path: string, text: string, mode = 0o644): void {
  writeFileSync(`${path}.new`, text, { mode });
  giveToImage(`${path}.new`);
  renameSync(`${path}.new`, path);
}

/** Root alone can give files away, and reads them all the same. */
function giveToImage(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, imageUser, imageUser);
}
