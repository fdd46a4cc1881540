/** The quorum and the timeout of one write, chosen beside its button. */
import { useState } from "preact/hooks";
import { followers, liveFollowers, own, quorumInForce } from "../state/live.ts";
import type { WriteOrder } from "../state/writing.ts";

/** As the fields hold them. */
interface Options {
  /** Empty: the quorum in force. */
  readonly quorum: string;
  /** Milliseconds; empty: the node's own TIMEOUT. */
  readonly timeoutMs: string;
}

/** Their state, empty at first. */
export const useWriteOptions = () => useState<Options>({ quorum: "", timeoutMs: "" });

/** As the write takes them. */
export function optionsOf(options: Options): Pick<WriteOrder, "quorum" | "timeoutMs"> {
  const optional = (text: string) => (text === "" ? undefined : Number(text));
  return { quorum: optional(options.quorum), timeoutMs: optional(options.timeoutMs) };
}

interface WriteOptionsProps {
  readonly value: Options;
  readonly onChange: (options: Options) => void;
}

/** Warns of a quorum that is out of reach before the write is refused for it. */
export function WriteOptions({ value, onChange }: WriteOptionsProps) {
  const count = followers.value.length;
  const live = liveFollowers.value.length;
  // The one that the write would have.
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
