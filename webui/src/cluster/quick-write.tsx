/** A line to write a value from, so that there is something to watch. */
import { useState } from "preact/hooks";
import { count, duration, plural } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import { isLeader, leaderId } from "../state/live.ts";
import { go } from "../state/route.ts";
import { send, type WriteOutcome } from "../state/writing.ts";
import { DelayControl } from "./delay-control.tsx";

const burstSize = 10;

export function QuickWrite() {
  const [key, setKey] = useState("greeting");
  const [value, setValue] = useState("hello");
  const [said, setSaid] = useState<
    { tone: "good" | "warning" | "bad"; text: string } | undefined
  >();
  const [busy, setBusy] = useState(false);
  const write = async (times: number) => {
    setBusy(true);
    const writes = Array.from({ length: times }, (_, place) =>
      send({
        action: "put",
        key: times === 1 ? key : `${key}/${place + 1}`,
        value: asJson(value),
        target: leaderId.value,
      }),
    );
    const words = inWords(await Promise.all(writes));
    setBusy(false);
    setSaid(words);
    announce(words.text);
  };
  return (
    <form
      class="quick-write"
      aria-label="Write a value"
      onSubmit={(event) => {
        event.preventDefault();
        void write(1);
      }}
    >
      <label>
        <span>Key</span>
        <input
          data-shortcut="write"
          name="key"
          value={key}
          required
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <label class="grow">
        <span>Value</span>
        <input
          name="value"
          value={value}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary" disabled={busy}>
        {isLeader.value ? "Write" : `Write via ${leaderId.value || "the leader"}`}
      </button>
      <button type="button" disabled={busy} onClick={() => void write(burstSize)}>
        Write {burstSize} at once
      </button>
      <DelayControl />
      <p class={`quick-result ${said?.tone ?? ""}`}>
        {said === undefined ? (
          <>
            For JSON, deletes, and a quorum per write, use{" "}
            <a
              href="/?view=keys"
              onClick={(event) => {
                event.preventDefault();
                go({ view: "keys" });
              }}
            >
              Keys
            </a>
            .
          </>
        ) : (
          said.text
        )}
      </p>
    </form>
  );
}

/** JSON where it is JSON, else the text as a JSON string. */
function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

function inWords(outcomes: readonly WriteOutcome[]) {
  const [only] = outcomes;
  const refused = outcomes.find((outcome) => outcome.type === "refused");
  if (refused !== undefined) return { tone: "bad" as const, text: refused.problem.detail };
  const unknown = outcomes.filter(({ type }) => type === "unknown").length;
  if (unknown > 0) {
    const text = `Outcome unknown for ${plural(unknown, "write")}: the deadline passed first. It may still settle.`;
    return { tone: "warning" as const, text };
  }
  if (outcomes.length === 1 && only?.type === "settled") {
    const { version, quorum, latencyMs } = only.receipt;
    const text = `Version ${count(version)}: ${quorum} of ${quorum} acks after ${duration(latencyMs)}.`;
    return { tone: "good" as const, text };
  }
  const times = outcomes.map((outcome) =>
    outcome.type === "settled" ? outcome.receipt.latencyMs : 0,
  );
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const text = `${outcomes.length} writes answered, after ${duration(mean)} on average.`;
  return { tone: "good" as const, text };
}
