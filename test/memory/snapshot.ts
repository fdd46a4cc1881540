/** What grew between two heap snapshots of V8, by the kind of object. */
import { readFileSync } from "node:fs";

export interface Growth {
  readonly kind: string;
  readonly objects: number;
  readonly bytes: number;
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Largest growth first. */
export function growthBetween(before: string, after: string): readonly Growth[] {
  const first = tally(before);
  const second = tally(after);
  const kinds = new Set([...first.keys(), ...second.keys()]);
  return [...kinds]
    .map((kind) => {
      const was = first.get(kind) ?? { objects: 0, bytes: 0 };
      const is = second.get(kind) ?? { objects: 0, bytes: 0 };
      return { kind, objects: is.objects - was.objects, bytes: is.bytes - was.bytes };
    })
    .toSorted((a, b) => b.bytes - a.bytes);
}

function tally(file: string): Map<string, { objects: number; bytes: number }> {
  const { snapshot, nodes, strings }: Snapshot = JSON.parse(readFileSync(file, "utf8"));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const at = { type: fields.indexOf("type"), name: fields.indexOf("name") };
  const size = fields.indexOf("self_size");
  const sums = new Map<string, { objects: number; bytes: number }>();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const type = types[0][nodes[node + at.type] ?? 0] ?? "";
    // Texts and numbers by their type alone: each has another name.
    const isNamed = type === "object" || type === "closure" || type === "native";
    const kind = isNamed ? `${type} ${strings[nodes[node + at.name] ?? 0]}` : type;
    const sum = sums.get(kind) ?? { objects: 0, bytes: 0 };
    sum.objects += 1;
    sum.bytes += nodes[node + size] ?? 0;
    sums.set(kind, sum);
  }
  return sums;
}
