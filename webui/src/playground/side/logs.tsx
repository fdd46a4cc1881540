/** The logs of all nodes, one below the other, and what a crash at this moment would leave of each. */
import { Scroller } from "../../ui/panel.tsx";
import { Table } from "../../ui/table.tsx";
import type { NodeView } from "../model/moments.ts";
import { cellInWords, durableEntries } from "../model/words.ts";
import { CellGlyph } from "../stage/cell.tsx";
import { moment } from "../state/recorded.ts";

/** The newest entries of the cluster, as many as there is room for. */
const columnsMax = 10;

export function Logs() {
  const { nodes } = moment.value;
  const sequences = [...new Set(nodes.flatMap(({ cells }) => cells.map((cell) => cell.sequence)))]
    .toSorted((one, other) => one - other)
    .slice(-columnsMax);
  return (
    <section class="panel logs" aria-labelledby="logs-title">
      <h2 id="logs-title">Logs</h2>
      <Scroller label="Logs">
        <Table
          columns={["Node", ...sequences.map(String), "A crash now leaves"]}
          class="logs-table"
        >
          {nodes.map((node) => (
            <Row key={node.id} node={node} sequences={sequences} />
          ))}
        </Table>
      </Scroller>
    </section>
  );
}

function Row(props: { readonly node: NodeView; readonly sequences: readonly number[] }) {
  const { id, cells, disk, state } = props.node;
  const entries = durableEntries(props.node);
  return (
    <tr class={state}>
      <th scope="row">{id}</th>
      {props.sequences.map((sequence) => {
        const cell = cells.find((one) => one.sequence === sequence);
        if (cell === undefined) return <td key={sequence} />;
        return (
          <td key={sequence} title={cellInWords(cell)}>
            <span class="log-cell">
              <CellGlyph state={cell.state} />
              <span class="visually-hidden">{cell.state}</span>
              <span class="log-text">{cell.text === "" ? "nothing" : cell.text}</span>
              <span class="dim log-epoch">e{cell.epoch}</span>
            </span>
          </td>
        );
      })}
      <td class="log-disk">
        <span class="disk-entries">{entries === "" ? "no entry" : `entries ${entries}`}</span>
        {disk.length === 0 ? (
          <span class="dim">an empty store</span>
        ) : (
          disk.map(({ key, value, version }) => (
            <span key={key} class="disk-key">
              {key}={value} <span class="dim">v{version}</span>
            </span>
          ))
        )}
      </td>
    </tr>
  );
}
