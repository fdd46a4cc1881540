/** Faults on purpose: what each link can be made to do, and what to expect of it. */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import type { LinkFault } from "../api/wire.ts";
import { useEvery } from "../lib/throttled.ts";
import { longDuration, plural } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import {
  activeFaults,
  faultInWords,
  refreshFaults,
  resetAllFaults,
  resetFault,
  setFault,
} from "../state/faults.ts";
import { followers, leaderNow, quorumInForce } from "../state/live.ts";
import { go } from "../state/route.ts";
import { NodeName } from "../ui/mark.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { SidePanel } from "../ui/side-panel.tsx";
import { expectation, type Preset, presets } from "./stories.ts";

export function FaultsPanel() {
  useEvery(1000);
  useEffect(() => void refreshFaults(), []);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [slowMs, setSlowMs] = useState(500);
  const [story, setStory] = useState<Preset | undefined>(undefined);
  const act = async (change: Promise<Problem | undefined>, done: string) => {
    const refusal = await change;
    setProblem(refusal);
    announce(refusal?.detail ?? done);
  };
  const members = followers.value;
  const quorum = quorumInForce.value ?? 0;
  const faulted = Object.keys(activeFaults.value);
  return (
    <SidePanel
      title="Faults, on purpose"
      class="faults"
      onClose={() => go({ panel: "" }, "replace")}
    >
      <p class="hint">
        Real faults on the links between the leader and its followers, for everybody who uses this
        cluster. Each ends by itself after 5 minutes.
      </p>
      <p
        class={`expectation ${expectation(activeFaults.value, members, quorum).tone}`}
        role="status"
      >
        {expectation(activeFaults.value, members, quorum).sentence}
      </p>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <section>
        <h3>Stories</h3>
        <div class="button-row">
          {presets.map((preset) => (
            <button
              key={preset.name}
              type="button"
              title={preset.caption}
              onClick={() => {
                setStory(preset);
                const wanted = preset.faults(
                  members.map(({ id }) => id),
                  quorum,
                );
                void act(enact(wanted), `${preset.name}. ${preset.caption}`);
              }}
            >
              {preset.name}
            </button>
          ))}
        </div>
        <p class="story hint">
          {story === undefined
            ? "Each story sets all links at once."
            : `${story.name}. ${story.caption}`}
        </p>
      </section>
      <section>
        <h3>Links</h3>
        <label class="slow-by">
          <span>“Slow” adds, ms each way</span>
          <input
            type="number"
            min="1"
            max="60000"
            value={slowMs}
            onInput={(event) => setSlowMs(Number(event.currentTarget.value))}
          />
        </label>
        <ul class="fault-rows">
          {members.map(({ id }) => (
            <FaultRow key={id} {...{ id, slowMs, act }} />
          ))}
        </ul>
        <button
          type="button"
          disabled={faulted.length === 0}
          onClick={() => void act(resetAllFaults(), "All links are healthy again")}
        >
          Reset {plural(faulted.length, "link")}
        </button>
      </section>
    </SidePanel>
  );
}

async function enact(wanted: Readonly<Record<string, LinkFault>>): Promise<Problem | undefined> {
  const refusals = [await resetAllFaults()];
  for (const [id, fault] of Object.entries(wanted)) refusals.push(await setFault(id, fault));
  return refusals.find((refusal) => refusal !== undefined);
}

interface FaultRowProps {
  readonly id: string;
  readonly slowMs: number;
  readonly act: (change: Promise<Problem | undefined>, done: string) => Promise<void>;
}

function FaultRow({ id, slowMs, act }: FaultRowProps) {
  const active = activeFaults.value[id];
  const faults: readonly (readonly [string, LinkFault])[] = [
    ["Pause", { type: "pause" }],
    ["Slow", { type: "slow", delayMs: slowMs }],
    ["Cut", { type: "cut" }],
  ];
  return (
    <li data-node={id}>
      <NodeName id={id} />
      <span class="fault-now">
        {active === undefined
          ? "healthy"
          : `${faultInWords(active.fault)}, ends in ${longDuration(active.endsAt - leaderNow())}`}
      </span>
      <span class="button-row">
        {faults.map(([name, fault]) => (
          <button
            key={name}
            type="button"
            aria-pressed={active?.fault.type === fault.type}
            aria-label={`${name} the link to ${id}`}
            onClick={() => void act(setFault(id, fault), `${id}: ${faultInWords(fault)}`)}
          >
            {name}
          </button>
        ))}
        <button
          type="button"
          disabled={active === undefined}
          aria-label={`Reset the link to ${id}`}
          onClick={() => void act(resetFault(id), `${id}: healthy again`)}
        >
          Reset
        </button>
      </span>
    </li>
  );
}
