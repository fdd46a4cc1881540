/** All stories in the order of the course, by chapter; a word narrows them down. */
import { useSignal } from "@preact/signals";
import { Dialog } from "../../ui/dialog.tsx";
import { openStory, storyName } from "../state/scenario.ts";
import { dialog } from "../state/view.ts";
import { type CourseStory, course } from "../world/world.ts";

export function StoriesDialog() {
  const words = useSignal("");
  const wanted = words.value.trim().toLowerCase();
  const found = course.filter((story) =>
    `${story.name} ${story.title} ${story.about}`.toLowerCase().includes(wanted),
  );
  const chapters = [...new Set(found.map(({ chapter }) => chapter))];
  return (
    <Dialog
      title="Stories"
      class="stories"
      onClose={() => {
        dialog.value = "none";
      }}
    >
      <label>
        <span>Search</span>
        <input
          type="search"
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
      </label>
      <p class="hint" role="status">
        {found.length === 1 ? "1 story" : `${found.length} stories`}, in the order of a course
      </p>
      <div class="chapters">
        {chapters.map((chapter) => (
          <section key={chapter}>
            <h3>{chapter}</h3>
            <ol>
              {found
                .filter((story) => story.chapter === chapter)
                .map((story) => (
                  <Row key={story.name} story={story} />
                ))}
            </ol>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function Row({ story }: { readonly story: CourseStory }) {
  const isOpen = story.name === storyName.value;
  return (
    <li>
      <button
        type="button"
        class="story-row"
        aria-current={isOpen ? "true" : undefined}
        title={story.about}
        onClick={(event) => {
          event.currentTarget.closest("dialog")?.close();
          void openStory(story.name);
        }}
      >
        <span class="story-number">{course.indexOf(story) + 1}</span>
        <span>{story.title}</span>
      </button>
    </li>
  );
}
