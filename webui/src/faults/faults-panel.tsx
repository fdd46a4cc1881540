/**
 * The panel of faults. It pauses, slows or cuts the links between the leader and its followers, by
 * scenario or one by one, and says what writes can expect before anybody writes. Under `npm start` it also
 * stops, kills, freezes and restarts processes.
 */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import type { LinkFault } from "../api/wire.ts";
import { useEvery } from "../lib/hooks.ts";
import { longDuration, plural } from "../lib/units.ts";
import {
  activeFaults,
  faultInWords,
  refreshFaults,
  resetAllFaults,
  resetFault,
  setFault,
} from "../state/faults.ts";
import { announce } from "../state/feed.ts";
import { controlAllowed, followers, leaderNow, quorumInForce } from "../state/live.ts";
import { go } from "../state/route.ts";
import { SidePanel } from "../ui/dialog.tsx";
import { NodeName } from "../ui/mark.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { ProcessRows } from "./process-rows.tsx";
import { expectation, type Scenario, scenarios } from "./scenarios.ts";

/**
 * Shown only where the cluster allows link faults. The faults belong to the leader: all pages show the
 * same ones, whoever has set them.
 */
export function FaultsPanel() {
  useEvery(1000);
  // The list is refreshed every two seconds anyway; whoever opens the panel should not wait for it.
  useEffect(() => void refreshFaults(), []);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [slowMs, setSlowMs] = useState(500);
  const [scenario, setScenario] = useState<Scenario | undefined>(undefined);
  // A refusal stays on the panel until the next change; success is only announced.
  const act = async (change: Promise<Problem | undefined>, done: string) => {
    const refusal = await change;
    setProblem(refusal);
    announce(refusal?.detail ?? done);
  };
  const members = followers.value;
  const quorum = quorumInForce.value ?? 0;
  const expected = expectation(activeFaults.value, members, quorum);
  const faulted = Object.keys(activeFaults.value);
  return (
    <SidePanel
      title={controlAllowed.value ? "Faults" : "Link faults"}
      class="faults"
      onClose={() => go({ panel: "" }, "replace")}
    >
      <p class="hint">
        These faults affect everybody who uses this cluster. Link faults are those of the node that
        leads now, and each ends by itself after 5 minutes.
      </p>
      <p class={`expectation ${expected.tone}`} role="status">
        {expected.sentence}
      </p>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <section>
        <h3>Scenarios</h3>
        <div class="button-row">
          {scenarios.map((one) => (
            <button
              key={one.name}
              type="button"
              title={one.caption}
              onClick={() => {
                setScenario(one);
                const ids = members.map(({ id }) => id);
                void act(enact(one.faults(ids, quorum)), captionOf(one));
              }}
            >
              {one.name}
            </button>
          ))}
        </div>
        <p class="story hint">
          {scenario === undefined ? "A scenario sets all links at once." : captionOf(scenario)}
        </p>
      </section>
      {controlAllowed.value && <ProcessRows onDone={setProblem} />}
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
            <FaultRow key={id} id={id} slowMs={slowMs} act={act} />
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

const captionOf = ({ name, caption }: Scenario): string => `${name}. ${caption}`;

/** Resets all links, then sets the faults. Returns the first refusal, if any. */
async function enact(wanted: Readonly<Record<string, LinkFault>>): Promise<Problem | undefined> {
  const refusals = [await resetAllFaults()];
  for (const [id, fault] of Object.entries(wanted)) refusals.push(await setFault(id, fault));
  return refusals.find((refusal) => refusal !== undefined);
}

interface FaultRowProps {
  /** The follower. */
  readonly id: string;
  /** What "Slow" adds to each message, ms. */
  readonly slowMs: number;
  /** Waits for the change, then shows its refusal or announces that it is done. */
  readonly act: (change: Promise<Problem | undefined>, done: string) => Promise<void>;
}

/** The state of one link, how long it lasts, and a button for each fault. */
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
