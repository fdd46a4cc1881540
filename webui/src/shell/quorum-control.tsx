/**
 * Shows and sets the write quorum in force, from 0 to the number of followers, for the whole cluster. A
 * follower's page passes the change on to the leader.
 */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { announce } from "../state/feed.ts";
import {
  changeConfig,
  connection,
  followers,
  liveFollowers,
  quorumInForce,
} from "../state/live.ts";
import { mayAdminister } from "../state/session.ts";
import { Segmented } from "../ui/segmented.tsx";

/**
 * A quorum above the live followers can be set; writes are then refused until followers return. Without
 * a leader nothing can be set.
 */
export function QuorumControl() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  /** Chosen here, until a report tells another quorum in force than before. */
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const inForce = quorumInForce.value;
  useEffect(() => setChosen(undefined), [inForce]);
  // A quorum in force may be above the followers that the last report lists.
  const highest = Math.max(followers.value.length, inForce ?? 0);
  const live = liveFollowers.value.length;
  const change = async (writeQuorum: number) => {
    setChosen(writeQuorum);
    const refusal = await changeConfig({ writeQuorum });
    setProblem(refusal);
    if (refusal !== undefined) setChosen(undefined);
    announce(
      refusal === undefined
        ? `Write quorum is now ${writeQuorum}${writeQuorum > live ? ", which is out of reach" : ""}`
        : refusal.detail,
    );
  };
  const options = Array.from({ length: highest + 1 }, (_, quorum) => ({
    value: quorum,
    text: String(quorum),
    hint: meaning(quorum, highest),
  }));
  return (
    <div class="quorum-control">
      <Segmented
        label="Write quorum"
        options={options}
        value={chosen ?? inForce}
        disabled={
          inForce === undefined || connection.value === "leader down" || !mayAdminister.value
        }
        onChange={(quorum) => void change(quorum)}
      />
      {problem !== undefined && (
        <p class="control-problem" role="alert">
          {problem.detail}
        </p>
      )}
    </div>
  );
}

/** What a quorum promises, shown when the pointer rests on it. */
function meaning(quorum: number, followersCount: number): string {
  if (quorum === 0) return "A write is answered after the leader's own flush";
  if (quorum === followersCount) return `A write waits for all ${quorum} followers`;
  return `A write waits for ${quorum} of ${followersCount} followers besides the leader`;
}
