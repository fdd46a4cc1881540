/** A panel beside the view: what it changes stays in sight. Escape closes it, and focus returns. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface SidePanelProps {
  readonly title: string;
  readonly class?: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function SidePanel({ title, class: name, onClose, children }: SidePanelProps) {
  const panel = useRef<HTMLElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    // Opened by a link or a reload, it leaves the focus where it is.
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
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </aside>
  );
}
