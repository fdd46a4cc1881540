/** What contradicts what, once a promise is broken: the calls, each with its answer. */
import { callInWords, inMs } from "../model/words.ts";
import { goToInstant } from "../state/clock.ts";
import { breachShown, recording } from "../state/recorded.ts";

export function BreachNote() {
  const broken = breachShown.value;
  if (broken === undefined) return null;
  const calls = recording.value.calls.filter(({ id }) => broken.calls.includes(id));
  if (calls.length === 0) return null;
  return (
    <section class="breach-note" aria-label="Calls that contradict">
      <h2>{calls.length === 1 ? "The call that it is about" : "These contradict each other"}</h2>
      <ul>
        {calls.map((call) => (
          <li key={call.id}>
            <button type="button" onClick={() => goToInstant(call.answeredAt ?? call.calledAt)}>
              {inMs(call.calledAt)}, {call.node}: {callInWords(call)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
