/** Other languages' tools, as Debian packages them. A test that lacks one says so and is skipped. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on the PATH or in /usr/bin. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** A Python that has these modules: the one on the PATH may be another than Debian's. */
export const findPython = (modules: string): string | undefined =>
  [findProgram("python3"), "/usr/bin/python3"].find(
    (python) => python !== undefined && spawnSync(python, ["-c", `import ${modules}`]).status === 0,
  );

export interface Generation {
  readonly protoc: string;
  readonly roots: readonly string[];
  readonly files: readonly string[];
  /** Further arguments: what to make, and where. */
  readonly into: readonly string[];
}

export const generate = ({ protoc, roots, files, into }: Generation): void => {
  execFileSync(protoc, [...roots.flatMap((root) => ["-I", root]), ...into, ...files]);
};

/** Why a test is skipped, from what it needs; undefined: nothing is missing. */
export const missing = (needed: Readonly<Record<string, string | undefined>>) => {
  const names = Object.keys(needed).filter((name) => needed[name] === undefined);
  return names.length === 0 ? undefined : `not installed: ${names.join(", ")}`;
};
