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
  const { cuts } = moment.value;
  const there = cuts.includes(`${one} ${other}`);
  const back = cuts.includes(`${other} ${one}`);
  const state = there && back ? "cut both ways" : there || back ? "cut one way" : "open";
  const { cut, cutOneWay, join } = linkCommands;
  return (
    <fieldset class="deed-row">
      <legend>
        {one} – {other}: {state}
      </legend>
      {!(there && back) && (
        <button type="button" onClick={() => void doDeed(cut(one, other))}>
          Cut
        </button>
      )}
      {!there && (
        <button
          type="button"
          aria-label={`Cut from ${one} to ${other}`}
          title={`From ${one} to ${other} only`}
          onClick={() => void doDeed(cutOneWay(one, other))}
        >
          → only
        </button>
      )}
      {!back && (
        <button
          type="button"
          aria-label={`Cut from ${other} to ${one}`}
          title={`From ${other} to ${one} only`}
          onClick={() => void doDeed(cutOneWay(other, one))}
        >
          ← only
        </button>
      )}
      {(there || back) && (
        <button type="button" class="primary" onClick={() => void doDeed(join(one, other))}>
          Heal
        </button>
      )}
    </fieldset>
  );
}
