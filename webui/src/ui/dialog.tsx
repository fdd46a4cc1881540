/**
 * The two kinds of panel that open on request. Both take the focus, close with Escape, and give the
 * focus back to the element that had it before.
 */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface PanelProps {
  readonly title: string;
  readonly class?: string;
  /** Called once it is closed, whichever way. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal on the browser's own `dialog`, which keeps the focus inside. A click beside it closes it. */
export function Dialog({ title, class: name, onClose, children }: PanelProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog; the click is an extra
    <dialog
      ref={dialog}
      class={`dialog ${name ?? ""}`}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-body">
        <Head id={id} title={title} onClose={() => dialog.current?.close()} />
        {children}
      </div>
    </dialog>
  );
}

/** A panel beside the view, which stays visible and usable. */
export function SidePanel({ title, class: name, onClose, children }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    // A panel that is open because of the address, after a reload or by a link, leaves the focus alone.
    const wasAsked = opener instanceof HTMLElement && opener !== document.body;
    if (wasAsked) panel.current?.focus();
    return () => {
      if (wasAsked && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside
      ref={panel}
      class={`panel side-panel ${name ?? ""}`}
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <Head id={id} title={title} onClose={onClose} />
      {children}
    </aside>
  );
}

function Head(props: { id: string; title: string; onClose: () => void }) {
  return (
    <header class="dialog-head">
      <h2 id={props.id}>{props.title}</h2>
      <button type="button" class="quiet" aria-label="Close" onClick={props.onClose}>
        ×
      </button>
    </header>
  );
}
