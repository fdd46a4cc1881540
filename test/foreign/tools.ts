/** Other people's tools, as Debian packages them. */
import { execFileSync, spawnSync } from "node:child_process";
import { findProgram } from "../support/programs.ts";

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
