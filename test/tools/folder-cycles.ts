/**
 * Finds cycles of folders, of which dependency-cruiser sees only some: two folders whose files import
 * each other can no longer be read, or moved, one after the other. Run by `npm run check:layers`.
 *
 * A folder counts apart from the folders inside it. Files directly in a product's own folder
 * (`src/errors.ts` at the bottom, `src/assemble.ts` at the top) count one by one.
 */
import { spawnSync } from "node:child_process";
import { dirname, posix, resolve } from "node:path";

const products = ["src", "gateway", "simulation", "webui", "client"];
/** Folders of single files, as above. */
const roots = new Set([...products, "webui/src", "client/cli"]);

interface Cruised {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
}

type Imports = ReadonlyMap<string, readonly string[]>;

const unitOf = (file: string): string =>
  roots.has(posix.dirname(file)) ? file : posix.dirname(file);

const isOurs = (file: string): boolean =>
  products.some((name) => file.startsWith(`${name}/`)) && !/node_modules|\.test\.tsx?$/.test(file);

/** Which folder imports which, with one example of each import. */
function importsOf({ modules }: Cruised): {
  units: Imports;
  examples: ReadonlyMap<string, string>;
} {
  const units = new Map<string, string[]>();
  const examples = new Map<string, string>();
  for (const { source, dependencies } of modules.filter((module) => isOurs(module.source))) {
    const from = unitOf(source);
    const known = units.get(from) ?? [];
    units.set(from, known);
    for (const { resolved } of dependencies) {
      if (!isOurs(resolved)) continue;
      const to = unitOf(resolved);
      if (to === from || known.includes(to)) continue;
      known.push(to);
      examples.set(`${from} ${to}`, `${source} -> ${resolved}`);
    }
  }
  return { units, examples };
}

/** The shortest way from a folder back to itself; undefined: there is none. */
function cycleFrom(start: string, imports: Imports): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of imports.get(way.at(-1) ?? "") ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

const program = resolve(import.meta.dirname, "../../node_modules/.bin/depcruise");
const words = [program, "--output-type", "json", ...products];
const run = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 2 ** 28 });
if (run.stdout === "")
  throw new Error(`${dirname(program)}/depcruise printed nothing: ${run.stderr}`);
const { units, examples } = importsOf(JSON.parse(run.stdout));
if (units.size === 0) throw new Error("dependency-cruiser found no module");

const reported = new Set<string>();
for (const unit of units.keys()) {
  const cycle = cycleFrom(unit, units);
  if (cycle === undefined || reported.has(cycle.toSorted().join())) continue;
  // Every folder of a cycle finds it again, turned round: it is reported once.
  for (const start of cycle) reported.add((cycleFrom(start, units) ?? []).toSorted().join());
  const steps = cycle.slice(1).map((to, at) => `    ${examples.get(`${cycle[at]} ${to}`)}`);
  console.error([`error no-folder-cycle: ${cycle.join(" -> ")}`, ...steps].join("\n"));
}
console.error(
  `${reported.size === 0 ? "no" : "found"} folder cycles in ${units.size} folders and files`,
);
process.exitCode = reported.size === 0 ? 0 : 1;
