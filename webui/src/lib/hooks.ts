/**
 * Hooks that re-render a component: on a signal at a limited pace, with time, or with its size. Events
 * may come in every frame; most components need to be drawn a few times a second only.
 */
import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

/** The signal's value, at most `perSecond` times a second. The last value is never missed. */
export function useThrottled(source: ReadonlySignal<number>, perSecond: number): number {
  const [shown, setShown] = useState(source.peek());
  useEffect(() => {
    const pauseMs = 1000 / perSecond;
    let shownAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      shownAt = performance.now();
      setShown(source.peek());
    };
    const stop = effect(() => {
      if (source.value === 0 || timer !== undefined) return;
      timer = setTimeout(show, Math.max(0, shownAt + pauseMs - performance.now()));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, perSecond]);
  return shown;
}

/** Re-renders every `everyMs`, for ages such as "12 s ago". Returns how often it has so far. */
export function useEvery(everyMs: number): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((last) => last + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return turn;
}

/** Keeps an element's height in a custom property of the page, for elements placed below it. */
export function useHeightAs(property: string): (element: HTMLElement | null) => void {
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      document.documentElement.style.setProperty(property, `${element.offsetHeight}px`);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, property]);
  return setElement;
}

/** The width of an element in px, 0 until it is laid out, and the `ref` for that element. */
export function useWidth<E extends Element>(): [number, (element: E | null) => void] {
  const [{ width }, measure] = useSize<E>("width");
  return [width, measure];
}

const none = { width: 0, height: 0 };

/** Both measures; with `"width"`, a change of the height alone is not told. */
export function useSize<E extends Element>(
  only?: "width",
): [{ readonly width: number; readonly height: number }, (element: E | null) => void] {
  const [size, setSize] = useState(none);
  const [element, setElement] = useState<E | null>(null);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const width = Math.floor(entry.contentRect.width);
      const height = only === undefined ? Math.floor(entry.contentRect.height) : 0;
      setSize((last) =>
        last.width === width && last.height === height ? last : { width, height },
      );
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, only]);
  return [size, setElement];
}
