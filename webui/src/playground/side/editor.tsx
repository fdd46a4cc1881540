/**
 * The text of the story. Behind the field lies the same text once more, unseen, whose lines carry the
 * marks: the command that is carried out, and the line that could not be.
 */
import { useEffect, useRef } from "preact/hooks";
import { isAtEnd } from "../state/clock.ts";
import { moment, recording } from "../state/recorded.ts";
import { redo, text, typeText, undo } from "../state/scenario.ts";
import { scriptOf } from "../world/world.ts";

const isPlayed = (line: string): boolean => scriptOf(line).length > 0;

export function Editor() {
  const backdrop = useRef<HTMLDivElement>(null);
  const lines = text.value.split("\n");
  // A recording counts the lines that it plays; what a command said is not among them.
  const played = lines.flatMap((words, place) => (isPlayed(words) ? [place] : []));
  const { fault } = recording.value;
  const faultAt = fault === undefined ? undefined : played[fault.line];
  const nowAt = played[moment.value.line];
  const stray = lines.findIndex((words) => !isPlayed(words));
  // The command that is carried out stays in view, unless somebody types.
  useEffect(() => {
    const [back, field] = [backdrop.current, backdrop.current?.nextElementSibling];
    const now = back?.querySelector<HTMLElement>(".is-now");
    if (back == null || field == null || now == null || field === document.activeElement) return;
    const { offsetTop, offsetHeight } = now;
    if (
      offsetTop >= field.scrollTop &&
      offsetTop + offsetHeight <= field.scrollTop + field.clientHeight
    )
      return;
    field.scrollTop = offsetTop - field.clientHeight / 2;
    back.scrollTop = field.scrollTop;
  }, [nowAt, text.value]);
  return (
    <div class="editor-place">
      <div class="editor">
        <div class="editor-back" ref={backdrop} aria-hidden="true">
          {lines.map((words, place) => (
            <div
              key={place}
              class={place === faultAt ? "at-fault" : place === nowAt ? "is-now" : ""}
            >
              {words === "" ? "\u200b" : words}
            </div>
          ))}
        </div>
        <textarea
          aria-label="Story"
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : "text-fault"}
          data-shortcut="text"
          spellcheck={false}
          autocomplete="off"
          value={text.value}
          onInput={(event) => typeText(event.currentTarget.value)}
          onScroll={(event) => {
            if (backdrop.current !== null)
              backdrop.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onKeyDown={(event) => {
            if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            void (event.shiftKey ? redo() : undo());
          }}
        />
      </div>
      {fault !== undefined && (
        <p class="text-fault" id="text-fault" role="alert">
          <strong>Line {(faultAt ?? 0) + 1}:</strong> {fault.sentence}
        </p>
      )}
      {fault === undefined && stray >= 0 && (
        <p class="hint" role="status">
          Line {stray + 1} is not played: a command begins with “&gt; ”, a remark with “#”.
        </p>
      )}
      {fault === undefined && isAtEnd.value && recording.value.breach === undefined && (
        <p class="hint">The text ends here. Add a command, or do something by hand.</p>
      )}
    </div>
  );
}
