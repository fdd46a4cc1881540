/**
 * While no leader is heard, the page asks each node who it is and whom it follows, so that an election
 * can be watched. A node's epoch is the highest that it has promised.
 */
import { effect } from "@preact/signals";
import { addressOf, call } from "../api/http.ts";
import type { NodeStatus } from "../api/wire.ts";
import { count, inWords } from "../lib/units.ts";
import { cluster, connection, leaderNow, model, own, rollCall, tick } from "./live.ts";

/** An election takes a fraction of a second; without a majority it may take until somebody helps. */
const askEveryMs = 300;
/** A frozen node accepts connections and says nothing. */
const patienceMs = 900;

/**
 * Asks again and again for as long as the leader is not heard. Called once. `found` is told of a node that
 * leads, which may be before the page's own node knows of it.
 */
export function watchElections(found: (leader: string) => void): void {
  effect(() => {
    if (connection.value !== "leader down") return;
    let asking = false;
    const ask = async () => {
      if (asking || document.hidden) return;
      asking = true;
      await callTheRoll(found);
      asking = false;
    };
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      clearInterval(timer);
      rollCall.value = {};
    };
  });
}

async function callTheRoll(found: (leader: string) => void): Promise<void> {
  const others = (cluster.peek()?.nodes ?? []).filter(({ id }) => id !== own.peek()?.node);
  const answers = await Promise.all(
    others.map(async ({ id }) => {
      const signal = AbortSignal.timeout(patienceMs);
      const answer = await call<NodeStatus>(addressOf("/status", id), { signal });
      return [id, answer.ok ? answer.value : undefined] as const;
    }),
  );
  if (connection.peek() !== "leader down") return;
  const before = rollCall.peek();
  rollCall.value = Object.fromEntries(answers);
  tellPromises(before, rollCall.peek());
  const leaders = answers.flatMap(([, status]) => (status?.role === "leader" ? [status] : []));
  const newest = leaders.sort((one, other) => other.epoch - one.epoch)[0];
  // One of an older epoch does not know yet that it leads no more.
  if (newest !== undefined && newest.epoch >= (own.peek()?.epoch ?? 0)) found(newest.id);
}

type Answers = Readonly<Record<string, NodeStatus | undefined>>;

/** One line for all nodes that have promised a higher epoch since they were asked before. */
function tellPromises(before: Answers, now: Answers): void {
  const promised = new Map<number, string[]>();
  for (const [id, status] of Object.entries(now)) {
    const former = before[id]?.epoch;
    if (status === undefined || former === undefined || status.epoch <= former) continue;
    promised.set(status.epoch, [...(promised.get(status.epoch) ?? []), id]);
  }
  for (const [epoch, ids] of promised)
    model.note(leaderNow(), "plain", `${inWords(ids)} promised epoch ${count(epoch)}.`);
  if (promised.size > 0) tick.value++;
}
