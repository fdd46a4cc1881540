/**
 * A form in one line above the drawings: it writes a value, or ten at once, so that one can watch the
 * writes. The simulated delay is set beside it, because without one there is little to watch.
 */
import { useState } from "preact/hooks";
import { mean } from "../../../simulation/statistics/index.ts";
import { count, duration, plural, type Tone } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { isLeader, isLeaderless, leaderId, theLeader } from "../state/live.ts";
import { jsonProblem, send, type WriteOutcome } from "../state/writing.ts";
import { RouteLink } from "../ui/route-link.tsx";
import { DelayControl } from "./delay-control.tsx";

/** Fewer than the rows of the waterfall, so that all of them are shown. */
const burstSize = 10;

/** The outcome in one sentence. */
interface Words {
  readonly tone: Tone;
  readonly text: string;
}

/** Writes go to the leader, whichever node serves the page. The outcome stays until the next write. */
export function QuickWrite() {
  const [key, setKey] = useState("greeting");
  const [value, setValue] = useState("hello");
  const [said, setSaid] = useState<Words | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const write = async (times: number) => {
    setBusy(true);
    // All at once rather than in turn, so that they wait for their acks at the same time.
    const writes = Array.from({ length: times }, (_, place) =>
      send({
        action: "put",
        key: times === 1 ? key : `${key}/${place + 1}`,
        value: asJson(value),
        target: theLeader,
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
        {isLeader.value
          ? "Write"
          : `Write via ${isLeaderless.value ? "the leader" : leaderId.value || "the leader"}`}
      </button>
      <button type="button" disabled={busy} onClick={() => void write(burstSize)}>
        Write {burstSize} at once
      </button>
      <DelayControl />
      <p class={`quick-result ${said?.tone ?? ""}`}>
        {said === undefined ? (
          <>
            For JSON, deletes, and a quorum per write, use{" "}
            <RouteLink to={{ view: "keys" }}>Keys</RouteLink>.
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
  return jsonProblem(text) === undefined ? text : JSON.stringify(text);
}

/**
 * The worst outcome decides: one refusal matters more than nine writes that settled. An unknown outcome
 * is never called a failure.
 */
function inWords(outcomes: readonly WriteOutcome[]): Words {
  const [only] = outcomes;
  const refused = outcomes.find((outcome) => outcome.type === "refused");
  if (refused !== undefined) return { tone: "bad", text: refused.problem.detail };
  const unknown = outcomes.filter(({ type }) => type === "unknown").length;
  if (unknown > 0) {
    const text = `Outcome unknown for ${plural(unknown, "write")}: the deadline passed first. It may still settle.`;
    return { tone: "warning", text };
  }
  if (outcomes.length === 1 && only?.type === "settled") {
    const { version, quorum, latencyMs } = only.receipt;
    const text = `Version ${count(version)}: ${quorum} of ${quorum} acks after ${duration(latencyMs)}.`;
    return { tone: "good", text };
  }
  const times = outcomes.map((outcome) =>
    outcome.type === "settled" ? outcome.receipt.latencyMs : 0,
  );
  const text = `${outcomes.length} writes settled after ${duration(mean(times))} on average.`;
  return { tone: "good", text };
}
