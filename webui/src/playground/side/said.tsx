/** What each command said, as in a story's file. A click goes to the moment where the command begins. */
import { Scroller } from "../../ui/panel.tsx";
import { useFollowed } from "../parts/followed.ts";
import { goTo, pause } from "../state/clock.ts";
import { moment, recording } from "../state/recorded.ts";

export function Said() {
  const { text, said, moments } = recording.value;
  const here = moment.value.line;
  const now = useFollowed(here);
  const commands = text.flatMap((words, line) => (words.startsWith(">") ? [{ words, line }] : []));
  return (
    <Scroller label="Transcript" class="said">
      <ol>
        {commands.map(({ words, line }) => (
          <li
            key={line}
            {...(line === here ? { ref: now } : {})}
            class={line === here ? "is-now" : line > here ? "later" : ""}
          >
            <button
              type="button"
              class="said-command"
              aria-current={line === here ? "step" : undefined}
              onClick={() => {
                pause();
                const begins = moments.find((one) => one.line === line);
                if (begins !== undefined) goTo(begins.index);
              }}
            >
              {words.slice(1).trim()}
            </button>
            {line <= here &&
              (said.get(line) ?? []).map((sentence, place) => (
                <p key={place} class={/BROKEN/.test(sentence) ? "alarm" : ""}>
                  {sentence}
                </p>
              ))}
          </li>
        ))}
      </ol>
    </Scroller>
  );
}
