import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = resolve(import.meta.dirname, "../../package-lock.json");
const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(file, "utf8"),
);

/** Where a package finds another one: in its own folder, then upwards. Undefined: nowhere. */
function lockedAt(name: string, seeker: string): string | undefined {
  for (let at = seeker; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const place = `${at}/node_modules/${name}`.replace(/^\//, "");
    if (place in packages) return place;
    if (at === "") return undefined;
  }
}

/** What `npm ci --omit=dev` puts in place for the package at that folder. */
function installFor(folder: string): ReadonlySet<string> {
  const places = new Set([folder]);
  for (const place of places) {
    const { dependencies, optionalDependencies } = packages[place] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = lockedAt(name, place);
      if (found !== undefined) places.add(found);
    }
  }
  return places;
}

// npm forgets the packages of other platforms when its registry lacks them, and `npm ci` then
// refuses the lock file on every platform.
test("the lock file has the packages of every platform, so that npm ci accepts it anywhere", () => {
  const missing = Object.entries(packages).flatMap(([seeker, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => lockedAt(name, seeker) === undefined)
      .map((name) => `${name}, wanted by ${seeker}`),
  );
  expect(missing).toEqual([]);
});

test("a node's production install has nothing that only the simulation needs", () => {
  const [node, simulation] = [installFor(""), installFor("simulation")];
  for (const name of ["autocannon", "eventsource-parser", "vega", "vega-lite"]) {
    expect(simulation).toContain(`node_modules/${name}`);
    expect(node).not.toContain(`node_modules/${name}`);
    // `npm ci --omit=dev --workspaces=false` installs what the root's devDependencies share with a workspace.
    expect(packages[""]?.devDependencies).not.toHaveProperty(name);
  }
  expect(node).toContain("node_modules/lmdb");
});
