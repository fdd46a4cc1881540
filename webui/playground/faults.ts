/**
 * Puts every planted fault into the bundle beside the code that it changes; a switch chooses between them at run time. The
 * source stays as it is. (Mutant schemata: Untch, Offutt and Harrold, 1993.)
 */
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { type Plugin, parseAst } from "vite";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";
import type { PlantedFault } from "../../src/virtual/planted/planted-fault.ts";

const src = join(import.meta.dirname, "../../src");
const faultSwitch = join(src, "virtual/playground/fault-switch.ts");

/** But those that change what is worked out once, when a module is loaded. */
const switchable = (): readonly PlantedFault[] =>
  [...plantedFaults, ...electionFaultsPlanted].filter((fault) => {
    const code = readFileSync(join(src, fault.file), "utf8");
    return insertionsFor(code, treeOf(code), fault) !== undefined;
  });

const treeOf = (code: string): Node => parseAst(code, { lang: "ts" }) as unknown as Node;

/** A node of the syntax tree, as far as it is looked at here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** What differs, without what both versions share. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

export function faults(): Plugin {
  const all = switchable();
  return {
    name: "planted-faults",
    enforce: "pre",
    resolveId: (id) => (id === "virtual:faults" ? "\0faults" : undefined),
    load(id) {
      if (id !== "\0faults") return undefined;
      const shown = all.map(({ name, story }) => ({ name, story }));
      return `export const faults = ${JSON.stringify(shown)};\nexport const names = faults.map(({ name }) => name);`;
    },
    transform(code, id) {
      const [path = ""] = id.split("?");
      const planted = [...all.entries()].filter(
        ([, fault]) => normalize(path) === join(src, fault.file),
      );
      return planted.length === 0 ? undefined : { code: withFaults(code, planted), map: null };
    },
  };
}

/** The code with both versions of whatever these faults change. Throws where one of them cannot be planted. */
function withFaults(code: string, planted: readonly (readonly [number, PlantedFault])[]): string {
  const tree = treeOf(code);
  const all = planted.map(([number, fault]) => {
    const insertions = insertionsFor(code, tree, fault, number);
    if (insertions === undefined)
      throw new Error(`"${fault.name}" changes what is worked out when ${fault.file} is loaded`);
    return insertions;
  });
  return `import { faultSwitch } from ${JSON.stringify(faultSwitch)};
import { names as faultNames } from "virtual:faults";
${inserted(code, all.flat())}`;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** From the end, so that places stay right; of two at one place, the later one is put in first. */
const inserted = (code: string, insertions: readonly Insertion[]): string =>
  insertions
    .toSorted((one, other) => other.at - one.at)
    .reduce((text, { at, text: more }) => text.slice(0, at) + more + text.slice(at), code);

/** In the innermost code round the change that is the same code in both versions; undefined: there is none. */
function insertionsFor(
  code: string,
  tree: Node,
  fault: PlantedFault,
  number = 0,
): readonly Insertion[] | undefined {
  const change = changeOf(code, fault);
  const changed = code.slice(0, change.start) + change.to + code.slice(change.end);
  const changedTree = treeOf(changed);
  const longer = changed.length - code.length;
  const place = placesOf(tree, change).findLast(({ type, node }) => {
    const text = changed.slice(node.start, node.end + longer);
    const start = node.start + text.length - text.trimStart().length;
    return hasBody(changedTree, { type, start, end: start + text.trim().length });
  });
  return place && insertionsAt(code, place, { ...change, number });
}

/** Whether a block, or else an expression, stands exactly there. */
function hasBody(tree: Node, wanted: Pick<Place, "type"> & Pick<Node, "start" | "end">): boolean {
  const isThere = tree.start === wanted.start && tree.end === wanted.end;
  const isBlock = tree.type === "BlockStatement";
  if (isThere && isBlock === (wanted.type === "block")) return true;
  return Object.values(tree)
    .flat()
    .some((child) => isNode(child) && contains(child, wanted) && hasBody(child, wanted));
}

function insertionsAt(
  code: string,
  { type, node: { start, end } }: Place,
  change: Change & { readonly number: number },
): readonly Insertion[] {
  const changed = code.slice(start, change.start) + change.to + code.slice(change.end, end);
  // By its number: the names are long, and one list of them is enough.
  const isOn = `faultSwitch.name === faultNames[${change.number}]`;
  if (type === "block") return [{ at: start + 1, text: ` if (${isOn}) { ${changed} return; }` }];
  return [
    { at: start, text: `(${isOn} ? (${changed}) : (` },
    { at: end, text: "))" },
  ];
}

function changeOf(code: string, { name, file, from, to }: PlantedFault): Change {
  const at = code.indexOf(from);
  if (at < 0 || code.includes(from, at + 1))
    throw new Error(`"${name}" does not stand exactly once in src/${file}`);
  let head = 0;
  while (head < Math.min(from.length, to.length) && from[head] === to[head]) head += 1;
  let tail = 0;
  const tailMax = Math.min(from.length, to.length) - head;
  while (tail < tailMax && from.at(-1 - tail) === to.at(-1 - tail)) tail += 1;
  return {
    start: at + head,
    end: at + from.length - tail,
    to: to.slice(head, to.length - tail),
  };
}

type Place = { readonly type: "block" | "expression"; readonly node: Node };

/** The code round a change that runs anew each time, from the outside in. */
function placesOf(tree: Node, change: Change): readonly Place[] {
  const found: Place[] = [];
  const visit = (node: Node): void => {
    const place = bodyOf(node);
    if (place !== undefined && contains(place.node, change)) found.push(place);
    for (const child of Object.values(node).flat())
      if (isNode(child) && contains(child, change)) visit(child);
  };
  visit(tree);
  return found;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

const contains = (node: Node, { start, end }: Pick<Node, "start" | "end">): boolean =>
  node.start <= start && end <= node.end;

/** The body of a function, or the first value of a field. */
function bodyOf(
  node: Node & { readonly body?: unknown; readonly value?: unknown },
): Place | undefined {
  const { type, body, value } = node;
  if (/Function/.test(type) && isNode(body))
    return { type: body.type === "BlockStatement" ? "block" : "expression", node: body };
  if (type === "PropertyDefinition" && isNode(value)) return { type: "expression", node: value };
  return undefined;
}
