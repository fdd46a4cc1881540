/** Links within the page: they change the view in place, and can still be opened in another tab. */
import type { ComponentChildren } from "preact";
import { addressFor, blankRoute, go, type Route } from "../state/route.ts";

interface RouteLinkProps {
  /** What the link changes of the place that is shown. */
  readonly to: Partial<Route>;
  /** Marks the link as the one to the view that is shown. */
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A click with Ctrl, Cmd or Shift is left to the browser, which opens a tab or a window. */
export function RouteLink({ to, current = false, children }: RouteLinkProps) {
  return (
    <a
      href={addressFor({ ...blankRoute, ...to })}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
