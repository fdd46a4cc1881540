/** Programs that are not of the repository. A test that lacks one says so and is skipped. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "vitest";

/** The first of these programs that is on the PATH or where Debian puts programs. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/sbin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** What a test needs, by name; undefined: it is not there. */
type Needed = Readonly<Record<string, unknown>>;

/** Skips the test, and prints why, unless everything that it needs was found. */
export function need(context: TestContext, needed: Needed): void {
  const names = Object.keys(needed).filter((name) => needed[name] === undefined);
  if (names.length === 0) return;
  const reason = `not on this machine: ${names.join(", ")}`;
  console.log(`skipped: ${context.task.name}: ${reason}`);
  context.skip(reason);
}
