/** The planted fault: the rule that it breaks, and the story that shows what the rule is for. */
import { recording } from "../state/recorded.ts";
import { bug, openStory, setBug, storyName } from "../state/scenario.ts";
import { bugs } from "../world/world.ts";

export function BugNote() {
  const planted = bugs.find(({ name }) => name === bug.value);
  if (planted === undefined) return null;
  const { name, rule, story } = planted;
  const isHidden = recording.value.breach === undefined && storyName.value !== story;
  return (
    <p class="bug-note">
      <strong>Planted: {name}.</strong> {rule}{" "}
      {isHidden && (
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
