/** A bar on standard error that renews itself; nothing where that is no terminal. */
import type { Io } from "../io.ts";

const widthOfBar = 30;
const redrawEveryMs = 80;

export interface Progress {
  /** `total` undefined: nobody knows. */
  update(done: number, total: number | undefined): void;
  /** Takes the bar away. */
  end(): void;
}

export function progressOn({ stderr }: Io, doing: string): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY;
  if (stderr.isTTY !== true) return { update: () => undefined, end: () => undefined };
  return {
    update(done, total) {
      const now = performance.now();
      if (now - drawnAt < redrawEveryMs) return;
      drawnAt = now;
      stderr.write(`\r\u001b[2K${barOf(doing, done, total)}`);
    },
    end: () => void stderr.write("\r\u001b[2K"),
  };
}

/** @public Its own test reads it; a terminal gets it from above. */
export function barOf(doing: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${doing}  ${done}`;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * widthOfBar);
  const bar = "█".repeat(filled) + "░".repeat(widthOfBar - filled);
  return `${doing}  ${bar}  ${Math.floor(share * 100)} %  ${done}/${total}`;
}
