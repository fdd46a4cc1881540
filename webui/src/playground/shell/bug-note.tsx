/** The planted fault: what the broken rule is for, what it changes here, and the story that shows it. */
import { goTo } from "../state/clock.ts";
import { recording } from "../state/recorded.ts";
import { bug, difference, openStory, setBug, storyName } from "../state/scenario.ts";
import { bugs } from "../world/world.ts";

export function BugNote() {
  const planted = bugs.find(({ name }) => name === bug.value);
  if (planted === undefined) return null;
  const { name, rule, story } = planted;
  const isHunted = story !== "" && storyName.value !== story;
  const differs = difference.value;
  const isHidden = recording.value.breach === undefined;
  return (
    <p class="bug-note">
      <strong>Planted: {name}.</strong> {rule}{" "}
      {isHidden && differs !== undefined && (
        <>
          No promise breaks in this run, but <code>{differs.command}</code> says “
          {differs.says || "nothing"}” instead of “{differs.instead || "nothing"}”.{" "}
          <button type="button" class="link" onClick={() => goTo(differs.moment)}>
            Go there
          </button>{" "}
        </>
      )}
      {isHidden &&
        differs === undefined &&
        story === "" &&
        "No story shows it: hunt it with one of your own."}
      {isHidden && isHunted && (
        <button
          type="button"
          class="link"
          onClick={() => void openStory(story).then(() => setBug(name))}
        >
          Open the story that hunts it
        </button>
      )}
    </p>
  );
}
