/** Beside the picture: the story's text to edit, what its commands said, or every event. */
import { Segmented } from "../../ui/segmented.tsx";
import { Tool } from "../parts/tool.tsx";
import { canRedo, canUndo, isChanged, redo, restoreStory, undo } from "../state/scenario.ts";
import { beside } from "../state/view.ts";
import { Editor } from "./editor.tsx";
import { Events } from "./events.tsx";
import { Said } from "./said.tsx";

const views = [
  { value: "text", text: "Text" },
  { value: "said", text: "Transcript" },
  { value: "events", text: "Events" },
] as const;

export function TextPanel() {
  return (
    <section class="panel text-panel" aria-labelledby="text-title">
      <h2 id="text-title" class="visually-hidden">
        Text of the story
      </h2>
      <div class="text-head">
        <Segmented
          label="Beside the picture"
          hideLabel
          options={views}
          value={beside.value}
          onChange={(view) => {
            beside.value = view;
          }}
        />
        <span class="turn">
          <Tool label="Undo (u)" icon="undo" idle={!canUndo.value} onClick={() => void undo()} />
          <Tool
            label="Redo (Shift+u)"
            icon="redo"
            idle={!canRedo.value}
            onClick={() => void redo()}
          />
        </span>
      </div>
      {beside.value === "text" && <Editor />}
      {beside.value === "said" && <Said />}
      {beside.value === "events" && <Events />}
      {isChanged.value && beside.value === "text" && (
        <p class="hint">
          Changed.{" "}
          <button type="button" class="link" onClick={() => void restoreStory()}>
            Back to the story as it was
          </button>
        </p>
      )}
    </section>
  );
}
