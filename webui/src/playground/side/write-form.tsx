/** A write or a compare-and-set, as a client of the cluster sends it. */
import { useSignal } from "@preact/signals";
import { isPlain, writeCommand } from "../model/deeds.ts";
import { moment } from "../state/recorded.ts";
import { doDeed } from "../state/scenario.ts";

export function WriteForm() {
  const key = useSignal("a");
  const value = useSignal("1");
  const quorum = useSignal("");
  const ifVersion = useSignal("");
  const isWell =
    isPlain(key.value) &&
    (value.value === "" || isPlain(value.value)) &&
    /^\d*$/.test(ifVersion.value);
  return (
    <form
      class="write-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWell) return;
        void doDeed(
          writeCommand({
            ...{ key: key.value, value: value.value },
            ...{ quorum: quorum.value, ifVersion: ifVersion.value },
          }),
        );
      }}
    >
      <label>
        <span>Key</span>
        <input
          name="key"
          value={key.value}
          data-shortcut="write"
          autocomplete="off"
          onInput={(event) => {
            key.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        <span>Value, empty deletes</span>
        <input
          name="value"
          value={value.value}
          autocomplete="off"
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        <span>Quorum</span>
        <select
          value={quorum.value}
          onChange={(event) => {
            quorum.value = event.currentTarget.value;
          }}
        >
          <option value="">as set</option>
          {moment.value.nodes.map(({ id }, acks) => (
            <option key={id} value={String(acks)}>
              {acks}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>If at version</span>
        <input
          name="ifVersion"
          inputMode="numeric"
          placeholder="any"
          value={ifVersion.value}
          autocomplete="off"
          onInput={(event) => {
            ifVersion.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="primary" disabled={!isWell}>
        {ifVersion.value === "" ? "Write" : "Compare and set"}
      </button>
      {!isWell && (
        <p class="warning-note" role="status">
          Key and value have no spaces, commas or “=” in a story; a version is a number.
        </p>
      )}
    </form>
  );
}
