/** Keeps the present row of a list in view. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** For the present row, in a scroller; `current` changes when it does. */
export function useFollowed(current: unknown): RefObject<HTMLLIElement | null> {
  const now = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const list = now.current?.closest(".scroller");
    if (list == null || now.current === null) return;
    list.scrollTop = now.current.offsetTop - list.clientHeight / 2;
  }, [current]);
  return now;
}
