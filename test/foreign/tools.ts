/** Other people's tools, as Debian packages them. A test that lacks one says so and is skipped. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "vitest";

/** The first of these programs that is on the PATH or where Debian puts programs. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/sbin"]
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

type Needed = Readonly<Record<string, string | undefined>>;

/** Skips the test, and prints why, unless everything that it needs was found. */
export function need(context: TestContext, needed: Needed): void {
  const names = Object.keys(needed).filter((name) => needed[name] === undefined);
  if (names.length === 0) return;
  const reason = `not installed: ${names.join(", ")}`;
  console.log(`skipped: ${context.task.name}: ${reason}`);
  context.skip(reason);
}
