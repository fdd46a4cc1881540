/**
 * One key on every node, compared with the leader: the same, older, newer, missing. It shows how a write
 * spreads, and a follower that has fallen behind or was cut off.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../api/http.ts";
import type { KeyEntry } from "../api/wire.ts";
import { useEvery } from "../lib/hooks.ts";
import { count } from "../lib/units.ts";
import { cluster, leaderId } from "../state/live.ts";
import { NodeName } from "../ui/mark.tsx";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { Table } from "../ui/table.tsx";
import { readKey, useNewest } from "./reading.ts";

/** "missing", "extra": only one of the two has the key. "absent": neither. "silent": no answer. */
type Presence = "same" | "stale" | "ahead" | "diverged" | "missing" | "extra" | "absent" | "silent";

interface NodeAnswer {
  readonly node: string;
  readonly answer: Answer<KeyEntry>;
}

/** How a node's answer compares with the leader's. */
function presenceOf(mine: Answer<KeyEntry>, leaders: Answer<KeyEntry>): Presence {
  if (!mine.ok && mine.problem.code !== "KEY_NOT_FOUND") return "silent";
  if (!leaders.ok) return mine.ok ? "extra" : "absent";
  if (!mine.ok) return "missing";
  if (mine.value.version < leaders.value.version) return "stale";
  if (mine.value.version > leaders.value.version) return "ahead";
  return mine.value.value === leaders.value.value ? "same" : "diverged";
}

const words: Readonly<Record<Presence, string>> = {
  same: "= same",
  stale: "◔ stale",
  ahead: "◕ newer",
  diverged: "≠ diverged",
  missing: "○ missing",
  extra: "+ extra",
  absent: "○ does not exist",
  silent: "■ no answer",
};

/** Followers that have not applied the newest version yet are shown as stale for a moment. */
export function Presence({ name }: { readonly name: string }) {
  const answers = usePresence(name);
  const leaders = answers.find(({ node }) => node === leaderId.value)?.answer;
  return (
    <Panel title="On every node" hint="This key as each node shows it now" class="presence">
      {answers.length === 0 ? (
        <Blank tone="loading">Asking every node …</Blank>
      ) : (
        <Scroller label="This key on every node">
          <Table columns={["Node", "Presence", "Version", "Value"]}>
            {answers.map(({ node, answer }) => {
              const presence = leaders === undefined ? "silent" : presenceOf(answer, leaders);
              const value = answer.ok ? answer.value.value : "";
              return (
                <tr key={node} data-node={node}>
                  <th scope="row">
                    <NodeName id={node} />
                  </th>
                  <td class={`presence-${presence}`}>{words[presence]}</td>
                  <td class="number">{answer.ok ? count(answer.value.version) : "–"}</td>
                  <td class="clipped">{value.slice(0, 80)}</td>
                </tr>
              );
            })}
          </Table>
        </Scroller>
      )}
    </Panel>
  );
}

/** A node that takes longer is shown as silent. */
const answerWithinMs = 2500;

/**
 * Asks all nodes again when something newer has settled, and each second until all agree. Each answer
 * is shown as it comes: a node that hangs must not hide the others.
 */
function usePresence(name: string): readonly NodeAnswer[] {
  const [answers, setAnswers] = useState<readonly NodeAnswer[]>([]);
  const nodes = (cluster.value?.nodes ?? []).map(({ id }) => id).join();
  const newest = useNewest();
  const second = useEvery(1000);
  const leaders = answers.find(({ node }) => node === leaderId.value)?.answer;
  const agreed =
    leaders !== undefined &&
    answers.every(({ answer }) => ["same", "absent"].includes(presenceOf(answer, leaders)));
  const again = agreed ? 0 : second;
  const asking = useRef(false);
  useEffect(() => {
    if (nodes === "" || asking.current) return;
    asking.current = true;
    const asked = nodes.split(",").map(async (node) => {
      const answer = await readKey(name, node, AbortSignal.timeout(answerWithinMs));
      setAnswers((known) =>
        ordered(nodes, [...known.filter((one) => one.node !== node), { node, answer }]),
      );
    });
    void Promise.all(asked).finally(() => {
      asking.current = false;
    });
  }, [name, nodes, newest, again]);
  return answers;
}

/** In the order of the nodes, whatever the order of the answers. */
const ordered = (nodes: string, answers: readonly NodeAnswer[]): readonly NodeAnswer[] =>
  nodes.split(",").flatMap((id) => answers.filter(({ node }) => node === id));
