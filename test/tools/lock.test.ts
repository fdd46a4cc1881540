import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = resolve(import.meta.dirname, "../../package-lock.json");
const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(file, "utf8"),
);

/** Where a package looks for another one: in its own folder, then upwards. */
function isLocked(name: string, seeker: string): boolean {
  for (let at = seeker; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (`${at}/node_modules/${name}`.replace(/^\//, "") in packages) return true;
    if (at === "") return false;
  }
}

// npm forgets the packages of other platforms when its registry lacks them, and `npm ci` then
// refuses the lock file on every platform.
test("the lock file has the packages of every platform, so that npm ci accepts it anywhere", () => {
  const missing = Object.entries(packages).flatMap(([seeker, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(name, seeker))
      .map((name) => `${name}, wanted by ${seeker}`),
  );
  expect(missing).toEqual([]);
});
