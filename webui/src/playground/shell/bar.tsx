/** On top: where one is, whether all promises hold, the planted fault, the link, the theme, the help. */
import { useSignal } from "@preact/signals";
import { nextTheme, theme } from "../../state/preferences.ts";
import { Icon } from "../parts/icon.tsx";
import { copyLink } from "../state/address.ts";
import { goTo } from "../state/clock.ts";
import { breachShown, lastIndex, recording } from "../state/recorded.ts";
import { bug, setBug } from "../state/scenario.ts";
import { dialog } from "../state/view.ts";
import { bugs } from "../world/world.ts";

export function Bar() {
  return (
    <header class="bar">
      <div class="bar-name">
        <Home />
        <h1>Playground</h1>
      </div>
      <Truth />
      <BugChoice />
      <Tools />
    </header>
  );
}

/** A node serves its page beside this one; a file has nothing beside it. */
function Home() {
  const isServed = /^https?:$/.test(location.protocol) && location.pathname.endsWith("/playground");
  return isServed ? (
    <a class="product" href="./">
      Quorum KV
    </a>
  ) : (
    <span class="product">Quorum KV</span>
  );
}

/** Green while the invariants and the linearizability checker find nothing; else the sentence that broke. */
function Truth() {
  const { breach } = recording.value;
  const shown = breachShown.value;
  if (shown !== undefined)
    return (
      <p class="truth broken" role="alert">
        <span class="truth-sign">
          <Icon name="cross" />
        </span>
        <span>
          <strong>A promise is broken.</strong> {shown.sentence}
        </span>
      </p>
    );
  if (breach !== undefined)
    return (
      <p class="truth warned">
        <span class="truth-sign">
          <Icon name="warning" />
        </span>
        <span>
          All promises hold so far; one breaks later.{" "}
          <button type="button" class="link" onClick={() => goTo(breach.moment)}>
            Go there
          </button>
        </span>
      </p>
    );
  return (
    <p class="truth holds">
      <span class="truth-sign">
        <Icon name="check" />
      </span>
      <span>
        All promises hold <span class="dim">in all {lastIndex.value} events of this run</span>
      </span>
    </p>
  );
}

function BugChoice() {
  return (
    <div class="bug">
      <label>
        <span>With a bug</span>
        <select value={bug.value} onChange={(event) => void setBug(event.currentTarget.value)}>
          <option value="">none</option>
          <optgroup label="In the course">
            <Options rules />
          </optgroup>
          <optgroup label="For the curious">
            <Options rules={false} />
          </optgroup>
        </select>
      </label>
    </div>
  );
}

/** The planted faults with a rule of the course, or those without. */
function Options({ rules }: { readonly rules: boolean }) {
  return (
    <>
      {bugs
        .filter(({ rule }) => (rule !== "") === rules)
        .map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
    </>
  );
}

function Tools() {
  const said = useSignal("");
  return (
    <div class="tools">
      <button
        type="button"
        title="Copy a link to exactly this (k)"
        onClick={() => {
          void copyLink().then((sentence) => {
            said.value = sentence;
            setTimeout(() => {
              said.value = "";
            }, 2000);
          });
        }}
      >
        {said.value === "" ? "Copy link" : said.value}
      </button>
      <button
        type="button"
        class="tool"
        title={`Theme: ${theme.value} (t)`}
        aria-label={`Theme: ${theme.value}. Change`}
        onClick={nextTheme}
      >
        <Icon name={theme.value} />
      </button>
      <button
        type="button"
        class="tool"
        title="Help (?)"
        aria-label="Help"
        onClick={() => {
          dialog.value = "help";
        }}
      >
        <span aria-hidden="true">?</span>
      </button>
    </div>
  );
}
