/** The story: what it shows, and what to predict before it is played. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { IconName } from "../parts/icon.tsx";
import { Tool } from "../parts/tool.tsx";
import { isAtEnd } from "../state/clock.ts";
import { bug, isChanged, openStory, story, storyName } from "../state/scenario.ts";
import { dialog } from "../state/view.ts";
import { course } from "../world/world.ts";

export function StoryPanel() {
  const shown = story.value;
  const place = course.findIndex(({ name }) => name === storyName.value);
  const [before, after] = [course[place - 1], course[place + 1]];
  return (
    <section class="panel story-panel" aria-labelledby="story-title">
      <p class="chapter">
        {shown === undefined
          ? "Own scenario"
          : `${shown.chapter} · ${place + 1} of ${course.length}`}
      </p>
      <h2 id="story-title">{shown?.title ?? "A text of your own"}</h2>
      {shown !== undefined && <p class="about">{shown.about}</p>}
      {shown !== undefined && shown.question !== "" && (
        <Prediction key={shown.name} question={shown.question} answer={shown.answer} />
      )}
      <div class="button-row">
        <button
          type="button"
          class="primary"
          onClick={() => {
            dialog.value = "stories";
          }}
        >
          All stories
        </button>
        <span class="turn">
          <Turn icon="left" label="Previous story ([)" to={before?.name} />
          <Turn icon="right" label="Next story (])" to={after?.name} />
        </span>
      </div>
    </section>
  );
}

function Turn(props: { icon: IconName; label: string; to: string | undefined }) {
  const { icon, label, to } = props;
  return (
    <Tool
      icon={icon}
      label={label}
      idle={to === undefined}
      onClick={() => {
        if (to !== undefined) void openStory(to);
      }}
    />
  );
}

/** The answer is shown once the run has come to its end, or on demand. */
function Prediction({ question, answer }: { readonly question: string; readonly answer: string }) {
  const isOpen = useSignal(false);
  // A story that is just being opened may still show the end of the one before.
  const wasWithin = useSignal(false);
  useSignalEffect(() => {
    if (!isAtEnd.value) wasWithin.value = true;
    // Another text, or a planted fault, ends otherwise than the answer says.
    else if (wasWithin.peek() && bug.value === "" && !isChanged.value) isOpen.value = true;
  });
  return (
    <div class="prediction">
      <h3>Predict first</h3>
      <p>{question}</p>
      {isOpen.value ? (
        <p class="prediction-answer" role="status">
          <strong>Answer.</strong> {answer}
        </p>
      ) : (
        <button
          type="button"
          onClick={() => {
            isOpen.value = true;
          }}
        >
          Show the answer
        </button>
      )}
    </div>
  );
}
