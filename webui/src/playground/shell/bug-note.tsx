/** The planted fault: what the broken rule is for, and the story that shows it. */
import { recording } from "../state/recorded.ts";
import { bug, openStory, setBug, storyName } from "../state/scenario.ts";
import { bugs } from "../world/world.ts";

export function BugNote() {
  const planted = bugs.find(({ name }) => name === bug.value);
  if (planted === undefined) return null;
  const { name, rule, story } = planted;
  const isHunted = story !== "" && storyName.value !== story;
  const isHidden = recording.value.breach === undefined;
  return (
    <p class="bug-note">
      <strong>Planted: {name}.</strong> {rule}{" "}
      {isHidden && story === "" && "No story shows it; try random runs, such as “> seed 1”."}
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
