/** The scenario in the address: read when the page opens, written whenever the page comes to rest. */
import { effect, signal } from "@preact/signals";
import { writeClipboard } from "../../lib/clipboard.ts";
import { fragmentOf, openFragment, type Shared } from "../model/fragment.ts";
import { givenScenario } from "../world/given.ts";
import { course } from "../world/world.ts";
import { playing, speed } from "./clock.ts";
import { index } from "./recorded.ts";
import { bug, openStory, openText, storyName, text } from "./scenario.ts";
import { announcement, layout } from "./view.ts";

/** Why a link could not be opened; empty while nothing is wrong. */
export const linkTrouble = signal("");

/** A browser allows some hundred changes of the address in half a minute. */
const restMs = 500;

const shared = (): Shared => ({
  ...{ text: text.value, story: storyName.value, index: index.value },
  ...{ layout: layout.value, speed: speed.value, bug: bug.value },
});

/** What the page has written itself, so that it does not open it again. */
let written = "";

/** Opens what the address asks for; without that, what was put into the file, or the first story. */
export async function openAddress(): Promise<void> {
  const opened = await openFragment(location.hash);
  linkTrouble.value = opened.kind === "unreadable" ? opened.sentence : "";
  switch (opened.kind) {
    case "nothing": {
      const given = givenScenario();
      if (given === undefined) return await openStory("");
      const { text: said, moment, fault = "" } = given;
      return await openText({ text: said, story: "", bug: fault, index: moment });
    }
    case "unreadable":
      return await openStory("");
    case "story":
      if (course.every(({ name }) => name !== opened.name))
        linkTrouble.value = `No story is called “${opened.name}”. This is the first one instead.`;
      return await openStory(opened.name);
    case "scenario":
      layout.value = opened.shared.layout;
      speed.value = opened.shared.speed;
      return await openText(opened.shared);
  }
}

export function followAddress(): void {
  addEventListener("hashchange", () => {
    if (location.hash !== written) void openAddress();
  });
  let rest: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const now = shared();
    clearTimeout(rest);
    if (playing.value || now.text === "") return;
    rest = setTimeout(() => void write(now), restMs);
  });
}

let newest: Shared | undefined;

async function write(now: Shared): Promise<void> {
  newest = now;
  const fragment = await fragmentOf(now);
  // An older one may take longer to be packed.
  if (newest !== now) return;
  written = `#${fragment}`;
  history.replaceState(null, "", written);
}

/** Resolves with what to tell. */
export async function copyLink(): Promise<string> {
  await write(shared());
  const done = await writeClipboard(location.href);
  announcement.value = done ? "Link copied" : "The browser does not allow copying";
  return done ? "Copied" : "Not allowed";
}
