/** The simulated network delay: without one, a write is over before an eye can follow it. */
import { useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { delayRange } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import { config, connection } from "../state/live.ts";
import { changeConfig } from "../state/settings.ts";

const choices = [
  { minDelay: 0, maxDelay: 0 },
  { minDelay: 0, maxDelay: 50 },
  { minDelay: 0, maxDelay: 200 },
  { minDelay: 0, maxDelay: 1000 },
  { minDelay: 500, maxDelay: 1500 },
] as const;

type Delay = Readonly<{ minDelay: number; maxDelay: number }>;

const textOf = ({ minDelay, maxDelay }: Delay): string =>
  maxDelay === 0 ? "none" : delayRange(minDelay, maxDelay);

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
    <label class="delay-control" title="For everybody on this cluster; each follower draws its own">
      <span>Simulated delay</span>
      <select
        value={textOf(inForce)}
        disabled={connection.value === "leader down"}
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
