/**
 * One follower: whether it is live, what it has applied, how far behind it is, whether its store equals
 * the leader's, and a fault of its link. The table of nodes shows the same in its columns.
 */
import type { MemberView } from "../api/wire.ts";
import { useEvery } from "../lib/hooks.ts";
import { count, duration, known, longDuration, plural } from "../lib/units.ts";
import { activeFaults, faultInWords } from "../state/faults.ts";
import { config, leaderNow, members, model, rollCall } from "../state/live.ts";
import { markFor, NodeName } from "../ui/mark.tsx";
import { Facts } from "../ui/table.tsx";

/** How long a restart stays on the card. */
const restartShownMs = 60_000;

/** On a follower's page without a leader, the state of the other followers is unknown. */
export function MemberCard({ member }: { readonly member: MemberView }) {
  useEvery(1000);
  const note = members.value[member.id];
  const fault = activeFaults.value[member.id];
  const restartedFor = note?.restartedAt === undefined ? undefined : leaderNow() - note.restartedAt;
  return (
    <li class={`card ${member.state} follower-${markFor(member.id).colour}`} data-node={member.id}>
      <div class="card-head">
        <NodeName id={member.id} />
        <StateChip member={member} since={note?.since} />
        {roleNow(member) === "candidate" && <span class="chip notice">candidate</span>}
        {restartedFor !== undefined && restartedFor < restartShownMs && (
          <span class="chip notice">restarted {longDuration(restartedFor)} ago</span>
        )}
        {fault !== undefined && <span class="chip notice">{faultInWords(fault.fault)}</span>}
      </div>
      {member.state === "unknown" ? (
        <p class="hint">{ownWords(member.id)}</p>
      ) : (
        <Facts
          class="card-facts"
          facts={[
            ["version", known(member.applied)],
            ["lag", lagInWords(member)],
            ["last contact", lastContact(member)],
            ["digest", <Digest key="digest" member={member} />],
          ]}
        />
      )}
    </li>
  );
}

const roleNow = ({ id, role }: MemberView) => rollCall.value[id]?.role ?? role;

/** What a node says of itself while no leader reports it: the highest epoch that it has promised. */
function ownWords(id: string): string {
  if (!(id in rollCall.value)) return "Only the leader can report its state.";
  const told = rollCall.value[id];
  if (told === undefined) return "It does not answer.";
  const { role, epoch, leader } = told;
  if (role === "candidate") return `It stands for leader in epoch ${count(epoch)}.`;
  const whom = leader === "" ? "knows no leader" : `follows ${leader}`;
  return role === "leader"
    ? `It leads in epoch ${count(epoch)}.`
    : `It has promised epoch ${count(epoch)} and ${whom}.`;
}

/** The state, and how long it has lasted where that is bad news. */
export function StateChip(props: { member: MemberView; since?: number | undefined }) {
  const { member, since } = props;
  const symbol = { live: "●", syncing: "▲", unreachable: "■", unknown: "?" }[member.state];
  const ageMs = since === undefined ? undefined : leaderNow() - since;
  const hasAge = member.state === "syncing" || member.state === "unreachable";
  const age = hasAge && ageMs !== undefined ? ` ${longDuration(ageMs)}` : "";
  return (
    <span class={`chip state-${member.state}`}>
      <span aria-hidden="true">{symbol} </span>
      {member.state}
      {age}
    </span>
  );
}

/** Whether the follower's store equals the leader's, where both have applied the same version. */
export function Digest({ member }: { readonly member: MemberView }) {
  if (member.state === "unknown") return <span class="dim">unknown</span>;
  if (member.digestMatch === null) return <span class="dim">not comparable yet</span>;
  if (!member.digestMatch) return <span class="alarm">≠ differs</span>;
  return <span>{member.state === "unreachable" ? "= was equal" : "= equal"}</span>;
}

/** In entries and ms; the full length adds a comparison with the simulated delay. */
export function lagInWords(member: MemberView, length: "short" | "full" = "full"): string {
  const { lag, lagMs } = member;
  if (lag === null || lagMs === null) return "unknown";
  if (lag === 0) return "in sync";
  const ownDelay = config.value?.followerDelays[member.id]?.maxDelayMs;
  const delayMs = ownDelay ?? config.value?.maxDelay ?? 0;
  const size = `${plural(lag, "entry", "entries")}, ${duration(lagMs)}`;
  if (length === "short" || delayMs < 1 || member.state !== "live") return size;
  return `${size} (${(lagMs / delayMs).toFixed(1)}× the delay)`;
}

/** The age of the last contact, which grows while no report arrives. */
export function lastContact(member: MemberView): string {
  if (member.state === "unknown") return "unknown";
  if (member.lastContactMs === null) return "never";
  const sinceViewMs = model.clusterAt === 0 ? 0 : Math.max(0, leaderNow() - model.clusterAt);
  const ageMs = member.lastContactMs + sinceViewMs;
  return ageMs < 1500 ? "now" : `${longDuration(ageMs)} ago`;
}
