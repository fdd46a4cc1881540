/** The playground: the picture in the middle, the story and the text on one side, hands on the other. */
import { DiagramPanel } from "./diagram/diagram-panel.tsx";
import { Bar } from "./shell/bar.tsx";
import { BreachNote } from "./shell/breach-note.tsx";
import { BugNote } from "./shell/bug-note.tsx";
import { Help } from "./shell/help.tsx";
import { Hands } from "./side/hands.tsx";
import { Logs } from "./side/logs.tsx";
import { StoriesDialog } from "./side/stories-dialog.tsx";
import { StoryPanel } from "./side/story-panel.tsx";
import { TextPanel } from "./side/text-panel.tsx";
import { Picture } from "./stage/picture.tsx";
import { linkTrouble } from "./state/address.ts";
import { isRecording } from "./state/scenario.ts";
import { announcement, dialog } from "./state/view.ts";
import { Now } from "./time/now.tsx";
import { Timeline } from "./time/timeline.tsx";
import { Transport } from "./time/transport.tsx";

export function App() {
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Bar />
      {linkTrouble.value !== "" && (
        <p class="link-trouble" role="alert">
          {linkTrouble.value}{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              linkTrouble.value = "";
            }}
          >
            Close
          </button>
        </p>
      )}
      <BugNote />
      <BreachNote />
      <main id="main" class="playground" tabIndex={-1} aria-busy={isRecording.value}>
        <div class="side-left">
          <StoryPanel />
          <TextPanel />
        </div>
        <div class="middle">
          <Picture />
          <section class="panel time" aria-label="Time">
            <Now />
            <Timeline />
            <Transport />
          </section>
        </div>
        <div class="side-right">
          <Hands />
        </div>
        <div class="below">
          <DiagramPanel />
          <Logs />
        </div>
      </main>
      {dialog.value === "help" && <Help />}
      {dialog.value === "stories" && <StoriesDialog />}
      <p class="visually-hidden" role="status" aria-live="polite">
        {announcement}
      </p>
    </>
  );
}
