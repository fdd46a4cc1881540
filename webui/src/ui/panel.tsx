/**
 * The framed parts that a view is made of: a heading, a hint on how to read it, and for each chart its
 * figures as a table. Also what such a part shows while it is empty.
 */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

interface PanelProps {
  readonly title: string;
  /** How to read what is shown, in one line. */
  readonly hint?: string;
  readonly actions?: ComponentChildren;
  /** The same figures as rows; the panel then has a switch between chart and table. */
  readonly table?: () => ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** The title is a heading, and names the part for screen readers. */
export function Panel({ title, hint, actions, table, class: name, children }: PanelProps) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  return (
    <section class={`panel ${name ?? ""}`} aria-labelledby={id}>
      <header class="panel-head">
        <div class="panel-title">
          <h2 id={id} title={title.length > 48 ? title : undefined}>
            {title}
          </h2>
          {hint !== undefined && <p class="hint">{hint}</p>}
        </div>
        <div class="panel-actions">
          {actions}
          {table !== undefined && (
            <button
              type="button"
              class="quiet"
              aria-pressed={asTable}
              aria-label={`${title} as a table`}
              onClick={() => setAsTable(!asTable)}
            >
              Table
            </button>
          )}
        </div>
      </header>
      <div class="panel-body">
        {asTable && table !== undefined ? <Scroller label={title}>{table()}</Scroller> : children}
      </div>
    </section>
  );
}

/** Holds what may be larger than its place, and can be scrolled with the keyboard too. */
export function Scroller(props: { label: string; children: ComponentChildren; class?: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups fields, this groups what scrolls
    <div
      class={`scroller ${props.class ?? ""}`}
      role="group"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take the keyboard's focus
      tabIndex={0}
    >
      {props.children}
    </div>
  );
}

/** An empty panel that says how to fill it, with the button that does so. */
export function Invitation(props: {
  action: string;
  onAct: () => void;
  children: ComponentChildren;
}) {
  return (
    <div class="blank">
      <p>{props.children}</p>
      <button type="button" onClick={props.onAct}>
        {props.action}
      </button>
    </div>
  );
}

/** The sentence of a panel that has nothing to show. An error is read out at once. */
export function Blank(props: { tone?: "loading" | "error"; children: ComponentChildren }) {
  return (
    <p class={`blank ${props.tone ?? ""}`} role={props.tone === "error" ? "alert" : undefined}>
      {props.children}
    </p>
  );
}

/** The state of a panel before the first report of the cluster. */
export const AwaitingCluster = () => (
  <Blank tone="loading">Waiting for the first report of the cluster …</Blank>
);
