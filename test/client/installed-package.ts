/** The client library as `npm pack` gives it, installed in an empty folder without a network. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The commands of this repository. */
export const binaries = join(root, "node_modules/.bin");
/** So that they are found. */
export const env = { ...process.env, PATH: [binaries, process.env["PATH"]].join(delimiter) };

export interface InstalledPackage {
  /** Has the package in its `node_modules`, and nothing else but what that depends on. */
  readonly folder: string;
  readonly tarball: string;
  remove(): void;
}

export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), "kv-package-"));
  const tarball = await pack(join(root, "client"), folder);
  const places = ["client/node_modules", "node_modules"].map((place) =>
    join(root, place, "eventsource-parser"),
  );
  const parser = await pack(places.find((place) => existsSync(place)) ?? "", folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const install = ["install", "--offline", "--no-audit", "--no-fund", tarball, parser];
  await run("npm", install, { cwd: folder, env });
  return { folder, tarball, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The path of what `npm pack` makes of a folder. */
async function pack(of: string, into: string): Promise<string> {
  const before = new Set(readdirSync(into));
  await run("npm", ["pack", "--pack-destination", into], { cwd: of, env });
  const [made = ""] = readdirSync(into).filter((file) => !before.has(file));
  return join(into, made);
}
