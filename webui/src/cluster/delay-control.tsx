/**
 * Sets the simulated delay for the whole cluster. On one machine a write settles within milliseconds,
 * which is too fast to be watched; a delay shows what the quorum costs on a slower network.
 */
import { useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import type { LiveConfig } from "../api/wire.ts";
import { delayRange } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { changeConfig, config, connection } from "../state/live.ts";
import { mayAdminister } from "../state/session.ts";

/** Delays to choose from, ms; one that is in force but not among them is offered too. */
const choices = [
  { minDelay: 0, maxDelay: 0 },
  { minDelay: 0, maxDelay: 50 },
  { minDelay: 0, maxDelay: 200 },
  { minDelay: 0, maxDelay: 1000 },
  { minDelay: 500, maxDelay: 1500 },
] as const;

type Delay = Pick<LiveConfig, "minDelay" | "maxDelay">;

/** The text is also the value of the option. */
const textOf = ({ minDelay, maxDelay }: Delay): string =>
  maxDelay === 0 ? "none" : delayRange(minDelay, maxDelay);

/** Followers with a delay of their own keep it. A refusal is shown beside the field. */
export function DelayControl() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const settings = config.value;
  if (settings === undefined) return null;
  const { minDelay, maxDelay } = settings;
  const inForce = { minDelay, maxDelay };
  const isChoice = choices.some((choice) => textOf(choice) === textOf(inForce));
  const options: readonly Delay[] = isChoice ? choices : [inForce, ...choices];
  const change = async (text: string) => {
    const wanted = options.find((option) => textOf(option) === text);
    if (wanted === undefined) return;
    const refusal = await changeConfig({ ...wanted });
    setProblem(refusal);
    announce(refusal?.detail ?? `Simulated delay is now ${text}`);
  };
  return (
    <label
      class="delay-control"
      title="For the whole cluster; drawn for each entry and follower independently"
    >
      <span>Simulated delay</span>
      <select
        value={textOf(inForce)}
        disabled={connection.value === "leader down" || !mayAdminister.value}
        onChange={(event) => void change(event.currentTarget.value)}
        aria-describedby={problem === undefined ? undefined : "delay-problem"}
      >
        {options.map((option) => (
          <option key={textOf(option)} value={textOf(option)}>
            {textOf(option)}
          </option>
        ))}
      </select>
      {problem !== undefined && (
        <span id="delay-problem" class="warning-note" role="alert">
          {problem.detail}
        </span>
      )}
    </label>
  );
}
