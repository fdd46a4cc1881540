/** The write quorum in force, 0..F; on a follower's page the change goes through to the leader. */
import { useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { announce } from "../state/announcer.ts";
import { connection, followers, quorumInForce } from "../state/live.ts";
import { changeConfig } from "../state/settings.ts";
import { Segmented } from "../ui/segmented.tsx";

export function QuorumControl() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const inForce = quorumInForce.value;
  const highest = Math.max(followers.value.length, inForce ?? 0);
  const live = followers.value.filter(({ state }) => state === "live").length;
  const change = async (writeQuorum: number) => {
    const refusal = await changeConfig({ writeQuorum });
    setProblem(refusal);
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
        value={inForce}
        disabled={inForce === undefined || connection.value === "leader down"}
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

function meaning(quorum: number, followersCount: number): string {
  if (quorum === 0) return "A write is answered after the leader's own flush alone";
  if (quorum === followersCount) return `A write waits for all ${quorum} followers`;
  return `A write waits for ${quorum} of ${followersCount} followers besides the leader`;
}
