/** Every member as the leader sees it, in figures. */
import type { MemberView } from "../api/wire.ts";
import { useEvery } from "../lib/throttled.ts";
import { count, known } from "../lib/units.ts";
import { cluster, members, own } from "../state/live.ts";
import { NodeName } from "../ui/mark.tsx";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { Digest, lagInWords, lastContact, StateChip } from "./member-card.tsx";

export function NodesTable() {
  useEvery(1000);
  const view = cluster.value;
  return (
    <Panel
      title="Nodes"
      hint={view === undefined ? "" : `Epoch ${count(view.epoch)}, as ${viewer(view)} sees them`}
      class="nodes"
    >
      {view === undefined ? (
        <Blank tone="loading">Waiting for the first word of the cluster …</Blank>
      ) : (
        <Scroller label="Nodes">
          <table>
            <thead>
              <tr>
                <th scope="col">Node</th>
                <th scope="col">Role</th>
                <th scope="col">State</th>
                <th scope="col">Applied</th>
                <th scope="col">Acked</th>
                <th scope="col">Lag</th>
                <th scope="col">Last contact</th>
                <th scope="col">Digest</th>
                <th scope="col">Page</th>
              </tr>
            </thead>
            <tbody>
              {view.nodes.map((member) => (
                <NodeRow key={member.id} member={member} />
              ))}
            </tbody>
          </table>
        </Scroller>
      )}
    </Panel>
  );
}

const viewer = (view: { leader: string; servedBy: string; fromLeader: boolean }): string =>
  view.fromLeader ? view.leader : view.servedBy;

function NodeRow({ member }: { readonly member: MemberView }) {
  const isLeader = member.role === "leader";
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
        ) : member.url === "" ? (
          "–"
        ) : (
          <a href={member.url} target="_blank" rel="noreferrer">
            open<span class="visually-hidden"> the page of {member.id}</span>
          </a>
        )}
      </td>
    </tr>
  );
}
