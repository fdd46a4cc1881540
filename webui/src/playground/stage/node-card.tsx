/** A node in the picture. It is one button: its name for screen readers is all that it shows. */
import { markOf, shapePath } from "../../lib/followers.ts";
import type { Call, NodeView } from "../model/moments.ts";
import type { Point, Size } from "../model/places.ts";
import { callAt, callInWords, cellInWords, nodeInWords, shortOutcome } from "../model/words.ts";
import { at, breachShown, index, leader, recording } from "../state/recorded.ts";
import { selection, selectNode } from "../state/view.ts";
import { CellGlyph } from "./cell.tsx";

/** How many cells fit into a card. */
const cellsMax = 6;

interface CardProps {
  readonly node: NodeView;
  /** Its place among all nodes, which gives it its mark. */
  readonly place: number;
  readonly centre: Point;
  readonly size: Size;
  /** How much there is room for. */
  readonly look: "small" | "medium" | "large";
}

export function NodeCard({ node, place, centre, size, look }: CardProps) {
  const isSmall = look === "small";
  const chosen = selection.value;
  const isChosen = chosen.kind === "node" && chosen.id === node.id;
  const isLeader = leader.value === node.id;
  const contradicts = breachShown.value?.nodes.includes(node.id) === true;
  // The call at a node changes with the moments only; the instant between them does not matter.
  const call = index.value < 0 ? undefined : callAt(recording.value.calls, node.id, at.peek());
  const looks = [
    ...["node-card", node.state, isLeader ? "leads" : node.role, look],
    contradicts ? "contradicts" : "",
  ];
  return (
    <button
      type="button"
      class={looks.join(" ")}
      aria-pressed={isChosen}
      aria-label={`${nodeInWords(node)}${call === undefined ? "" : `; ${callInWords(call)}`}${contradicts ? "; contradicts what was promised" : ""}`}
      style={{
        left: `${centre.x - size.width / 2}px`,
        top: `${centre.y - size.height / 2}px`,
        width: `${size.width}px`,
        height: `${size.height}px`,
      }}
      onClick={() => selectNode(node.id)}
    >
      <span class="node-head">
        <Sign place={place} node={node} isLeader={isLeader} />
        <span class="node-id">{node.id}</span>
        {!isSmall && !isPlain(node) && <span class="node-role">{roleInShort(node, isLeader)}</span>}
      </span>
      <span class="node-line">
        {isSmall && <span>{roleInShort(node, isLeader)}</span>}
        <span>
          {isSmall ? "e" : "epoch "}
          {node.epoch}
          {node.promisedEpoch !== node.epoch && (
            <span class="promised">
              {isSmall ? "/" : ", promised "}
              {node.promisedEpoch}
            </span>
          )}
        </span>
      </span>
      {isSmall ? <SmallCells node={node} /> : <Cells node={node} />}
      {look === "large" && <LastLine node={node} call={call} />}
    </button>
  );
}

/** A node whose name says already what it is, in a card without room to say it again. */
const isPlain = ({ id, state, role }: NodeView): boolean =>
  state === "up" && role === "follower" && id.startsWith("follower");

/** Two nodes may both believe to lead; the picture says which of them is behind. */
function roleInShort({ state, role }: NodeView, isLeader: boolean): string {
  if (state === "down") return "down";
  if (state === "frozen") return "frozen";
  if (role === "candidate") return "stands";
  return role === "leader" && !isLeader ? "old leader" : role;
}

function Sign(props: { place: number; node: NodeView; isLeader: boolean }) {
  const { colour, shape } = markOf(props.place);
  const { state } = props.node;
  return (
    <svg
      class={`sign follower-${colour} ${state}`}
      viewBox="-12 -12 24 24"
      width="22"
      height="22"
      aria-hidden="true"
    >
      {props.isLeader && <circle r="11" class="sign-ring" />}
      {props.node.role === "candidate" && <circle r="11" class="sign-ring candidate" />}
      <path d={shapePath(shape, 7)} class="sign-mark" />
      {state === "down" && <path d="M-9 -9L9 9M9 -9L-9 9" class="sign-cross" />}
      {state === "frozen" && <path d="M-3.5 -5v10M3.5 -5v10" class="sign-pause" />}
    </svg>
  );
}

function Cells({ node }: { readonly node: NodeView }) {
  const cells = node.cells.slice(-cellsMax);
  return (
    <span class="node-cells">
      {cells.length === 0 && <span class="dim">{emptyInWords(node)}</span>}
      {cells.map((cell) => (
        <span key={cell.sequence} class="node-cell" title={cellInWords(cell)}>
          <CellGlyph state={cell.state} />
          <span class="node-sequence">{cell.sequence}</span>
        </span>
      ))}
    </span>
  );
}

/** A snapshot leaves a store without a log. */
const emptyInWords = ({ applied }: NodeView): string =>
  applied === 0 ? "empty log" : `empty log, store at ${applied}`;

function SmallCells({ node }: { readonly node: NodeView }) {
  return (
    <span class="node-cells">
      {node.cells.slice(-3).map((cell) => (
        <CellGlyph key={cell.sequence} state={cell.state} />
      ))}
    </span>
  );
}

/** What a client asks of the node; where there is none, what is the matter with its disk. */
function LastLine({ node, call }: { readonly node: NodeView; readonly call: Call | undefined }) {
  if (node.diskState !== "ok")
    return (
      <span class="node-last trouble">
        <span class="node-call">disk: {node.diskState}</span>
      </span>
    );
  if (call === undefined) return <span class="node-last" />;
  const answered = call.answeredAt !== undefined && call.answeredAt <= at.peek();
  const outcome = answered && call.outcome !== undefined ? shortOutcome(call.outcome) : undefined;
  return (
    <span class={`node-last ${answered ? "answered" : "asked"}`}>
      <span class="node-call">{call.text}</span>: {outcome ?? "…"}
    </span>
  );
}
