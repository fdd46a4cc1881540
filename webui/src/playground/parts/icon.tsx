/** Small signs as paths, because fonts differ in the symbols that they have. In a box of 16 by 16. */
const paths = {
  play: "M4 2.5v11l9 -5.5z",
  pause: "M4 3h3v10h-3zM9 3h3v10h-3z",
  first: "M3 3h2v10h-2zM13 3v10l-7 -5z",
  back: "M11 3v10l-7 -5z",
  next: "M5 3v10l7 -5z",
  last: "M11 3h2v10h-2zM3 3v10l7 -5z",
  undo: "M6.5 2.2L2.2 6l4.3 3.8v-2.4h3.2a2.3 2.3 0 0 1 0 4.6h-3.2v2h3.2a4.3 4.3 0 0 0 0 -8.6h-3.2z",
  redo: "M9.5 2.2L13.8 6l-4.3 3.8v-2.4h-3.2a2.3 2.3 0 0 0 0 4.6h3.2v2h-3.2a4.3 4.3 0 0 1 0 -8.6h3.2z",
  check: "M2.6 8.4l1.5 -1.5l2.6 2.6l5.2 -5.6l1.5 1.4l-6.7 7.2z",
  cross:
    "M4.6 3.2L8 6.6l3.4 -3.4l1.4 1.4L9.4 8l3.4 3.4l-1.4 1.4L8 9.4l-3.4 3.4l-1.4 -1.4L6.6 8L3.2 4.6z",
  warning: "M8 1.8L15 14h-14zM7.1 6v4h1.8v-4zM7.1 11h1.8v1.6h-1.8z",
  plus: "M7 3h2v4h4v2h-4v4h-2v-4h-4v-2h4z",
  minus: "M3 7h10v2h-10z",
  left: "M10 2.6l1.4 1.4l-4 4l4 4l-1.4 1.4l-5.4 -5.4z",
  right: "M6 2.6l-1.4 1.4l4 4l-4 4l1.4 1.4l5.4 -5.4z",
  system: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0 -13zM8 3.2v9.6a4.8 4.8 0 0 1 0 -9.6z",
  light:
    "M8 4.8a3.2 3.2 0 1 0 0 6.4a3.2 3.2 0 1 0 0 -6.4zM7.2 0.8h1.6v2.4h-1.6zM7.2 12.8h1.6v2.4h-1.6zM0.8 7.2h2.4v1.6h-2.4zM12.8 7.2h2.4v1.6h-2.4z",
  dark: "M6.2 1.6a6.5 6.5 0 1 0 8.2 8.2a5.2 5.2 0 0 1 -8.2 -8.2z",
  down: "M2.6 6l1.4 -1.4l4 4l4 -4l1.4 1.4l-5.4 5.4z",
} as const;

export type IconName = keyof typeof paths;

/** Says nothing to screen readers: the button that holds it has a name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} fill-rule="evenodd" />
    </svg>
  );
}
