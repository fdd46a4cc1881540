/** What can be done to the wire between two nodes. */
import type { NodeId } from "../../../../src/replication/types.ts";
import { linkCommands } from "../model/deeds.ts";
import { moment } from "../state/recorded.ts";
import { doDeed } from "../state/scenario.ts";

interface LinkProps {
  readonly one: NodeId;
  readonly other: NodeId;
}

export function LinkDeeds(link: LinkProps) {
  return (
    <div class="deeds">
      <p class="hint">A cut holds messages back. What is under way when a stream ends is lost.</p>
      <LinkButtons {...link} />
    </div>
  );
}

export function LinkButtons({ one, other }: LinkProps) {
  const { cuts, slow: slowWires } = moment.value;
  const there = cuts.includes(`${one} ${other}`);
  const back = cuts.includes(`${other} ${one}`);
  const state = there && back ? "cut both ways" : there || back ? "cut one way" : "open";
  const { cut, cutOneWay, join, slow } = linkCommands;
  return (
    <fieldset class="deed-row">
      <legend>
        {one} – {other}: {state}
        {[`${one} ${other} `, `${other} ${one} `].flatMap((way) =>
          slowWires
            .filter((wire) => wire.startsWith(way))
            .map((wire) => `, ${wire.slice(way.length)} ms to ${way.trim().split(" ")[1]}`),
        )}
      </legend>
      {!(there && back) && (
        <button type="button" onClick={() => void doDeed(cut(one, other))}>
          Cut both ways
        </button>
      )}
      {!there && (
        <button
          type="button"
          aria-label={`Cut to ${other} from ${one}`}
          title={`> ${cutOneWay(one, other)}`}
          onClick={() => void doDeed(cutOneWay(one, other))}
        >
          {`Cut to ${other}`}
        </button>
      )}
      {!back && (
        <button
          type="button"
          aria-label={`Cut to ${one} from ${other}`}
          title={`> ${cutOneWay(other, one)}`}
          onClick={() => void doDeed(cutOneWay(other, one))}
        >
          {`Cut to ${one}`}
        </button>
      )}
      {(there || back) && (
        <button type="button" class="primary" onClick={() => void doDeed(join(one, other))}>
          Heal
        </button>
      )}
      {[20, 1].map((ms) => (
        <button
          key={ms}
          type="button"
          aria-label={`${ms} ms long: ${one} – ${other}`}
          title={`> ${slow(one, other, ms)}`}
          onClick={() => void doDeed(slow(one, other, ms))}
        >
          {ms} ms long
        </button>
      ))}
    </fieldset>
  );
}
