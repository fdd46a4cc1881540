/**
 * Every node of the cluster in figures. The leader reports them; without a leader, the node that serves
 * the page reports what it knows itself, and the rest is unknown.
 */

import type { ClusterView, MemberView } from "../api/wire.ts";
import { useEvery } from "../lib/hooks.ts";
import { count, known } from "../lib/units.ts";
import { webAddress } from "../lib/web-address.ts";
import { cluster, members, own } from "../state/live.ts";
import { NodeName } from "../ui/mark.tsx";
import { AwaitingCluster, Panel, Scroller } from "../ui/panel.tsx";
import { Table } from "../ui/table.tsx";
import { Digest, lagInWords, lastContact, StateChip } from "./member-card.tsx";

const columns = [
  "Node",
  "Role",
  "State",
  "Applied",
  "Acked",
  "Lag",
  "Last contact",
  "Digest",
  "Page",
];

/** Ages grow each second, also while no report arrives. */
export function NodesTable() {
  // State and contact have ages, which no event changes.
  useEvery(1000);
  const view = cluster.value;
  return (
    <Panel
      title="Nodes"
      hint={
        view === undefined ? "" : `Epoch ${count(view.epoch)}, as reported by ${reporter(view)}`
      }
      class="nodes"
    >
      {view === undefined ? (
        <AwaitingCluster />
      ) : (
        <Scroller label="Nodes">
          <Table columns={columns}>
            {view.nodes.map((member) => (
              <NodeRow key={member.id} member={member} />
            ))}
          </Table>
        </Scroller>
      )}
    </Panel>
  );
}

/** The heading names whose report it is. */
const reporter = (view: ClusterView): string => (view.fromLeader ? view.leader : view.servedBy);

/** The leader has no lag and is what the digests of the others are compared with. */
function NodeRow({ member }: { readonly member: MemberView }) {
  const isLeader = member.role === "leader";
  const address = webAddress(member.url);
  return (
    <tr>
      <th scope="row">
        <NodeName id={member.id} />
      </th>
      <td>{member.role}</td>
      <td>
        <StateChip member={member} since={members.value[member.id]?.since} />
      </td>
      <td class="number">{known(member.applied)}</td>
      <td class="number">{known(member.acked)}</td>
      <td>{isLeader ? "–" : lagInWords(member, "short")}</td>
      <td>{isLeader ? "–" : lastContact(member)}</td>
      <td>{isLeader ? "reference" : <Digest member={member} />}</td>
      <td>
        {member.id === own.value?.node ? (
          "this one"
        ) : address === undefined ? (
          "–"
        ) : (
          <a href={address} target="_blank" rel="noreferrer">
            open<span class="visually-hidden"> the page of {member.id}</span>
          </a>
        )}
      </td>
    </tr>
  );
}
