/** Which calls and nodes a broken promise is about, as far as its sentence tells. */
import type { NodeId } from "../../replication/types.ts";
import type { Violation } from "../world/violation.ts";
import type { Asked } from "./asked.ts";
import type { Breach } from "./moments.ts";

export function breachOf(
  violation: Violation,
  recorded: {
    readonly moment: number;
    readonly ids: readonly NodeId[];
    readonly asked: Asked;
    readonly baseAt: number;
  },
): Breach {
  const { moment, ids, asked, baseAt } = recorded;
  const sentence = violation.message;
  const told = violation.calls.flatMap(({ key, invokedAt }) =>
    asked.calls.filter(
      ({ keys, calledAt }) => calledAt === baseAt + invokedAt && keys.includes(key),
    ),
  );
  const versions = [...sentence.matchAll(/\b(?:entry|version|at|applied) (\d+)\b/g)];
  const ofVersions = versions.flatMap(([, version]) => asked.ofVersion(Number(version)));
  const calls = [...new Set([...told.map(({ id }) => id), ...ofVersions])];
  const named = ids.filter((id) => new RegExp(`\\b${id}\\b`).test(sentence));
  const nodes = named.length > 0 ? named : [...new Set(told.map(({ node }) => node))];
  return { moment, sentence, calls, nodes };
}
