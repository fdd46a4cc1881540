/** Quorum and timeout of one write, beside its button. */
import { useState } from "preact/hooks";
import { followers, own, quorumInForce } from "../state/live.ts";
import type { WriteOrder } from "../state/writing.ts";

export interface Options {
  /** Empty: the one in force. */
  readonly quorum: string;
  /** Milliseconds; empty: the node's own TIMEOUT. */
  readonly timeoutMs: string;
}

export const useWriteOptions = () => useState<Options>({ quorum: "", timeoutMs: "" });

export function optionsOf({
  quorum,
  timeoutMs,
}: Options): Pick<WriteOrder, "quorum" | "timeoutMs"> {
  return {
    quorum: quorum === "" ? undefined : Number(quorum),
    timeoutMs: timeoutMs === "" ? undefined : Number(timeoutMs),
  };
}

export function WriteOptions(props: { value: Options; onChange: (options: Options) => void }) {
  const { value, onChange } = props;
  const count = followers.value.length;
  const live = followers.value.filter(({ state }) => state === "live").length;
  const quorum = value.quorum === "" ? (quorumInForce.value ?? 0) : Number(value.quorum);
  return (
    <div class="write-options">
      <label>
        <span>Quorum</span>
        <select
          name="quorum"
          value={value.quorum}
          onChange={(event) => onChange({ ...value, quorum: event.currentTarget.value })}
        >
          <option value="">{quorumInForce.value ?? "…"} (in force)</option>
          {Array.from({ length: count + 1 }, (_, quorum) => (
            <option key={quorum} value={String(quorum)}>
              {quorum} of {count}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Timeout, ms</span>
        <input
          name="timeout"
          type="number"
          min="1"
          max="600000"
          step="1"
          placeholder={own.value === undefined ? "" : "default"}
          value={value.timeoutMs}
          onInput={(event) => onChange({ ...value, timeoutMs: event.currentTarget.value })}
        />
      </label>
      {quorum > live && (
        <p class="warning-note">
          <span aria-hidden="true">▲ </span>
          {live} live: a quorum of {quorum} is out of reach, the write will be refused.
        </p>
      )}
    </div>
  );
}
