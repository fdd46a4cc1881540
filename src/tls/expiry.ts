/** Says in time that a certificate expires. */
import type { Log } from "../node/ports.ts";
import type { Rotating } from "./rotation.ts";

const dayMs = 86_400_000;
const warnedBeforeMs = 14 * dayMs;
/** Milliseconds between two looks: less than the shortest time that a timer can wait, and than a day. */
const lookIntervalMs = dayMs / 24;

/** Seconds that the certificate is still valid; negative: since when it has not been. */
export const secondsLeft = ({ current }: Rotating, now: number): number =>
  Math.round((current.certificate.validToDate.getTime() - now) / 1000);

/** Logs a warning at once and then daily while a certificate, by its setting, has 14 days left or fewer. */
export function watchExpiry(
  certificates: ReadonlyMap<string, Rotating>,
  log: Log,
): { close(): void } {
  let warnedAt = Number.NEGATIVE_INFINITY;
  const look = (): void => {
    const now = Date.now();
    if (now - warnedAt < dayMs - lookIntervalMs / 2) return;
    for (const [setting, rotating] of certificates) {
      const leftMs = secondsLeft(rotating, now) * 1000;
      if (leftMs > warnedBeforeMs) continue;
      warnedAt = now;
      const { validTo } = rotating.current.certificate;
      const days = Math.floor(leftMs / dayMs);
      const when = leftMs < 0 ? "has expired" : `expires in ${days} days`;
      log.warn({ validTo }, `${setting}: the certificate ${when}; replace its files`);
    }
  };
  look();
  const timer = setInterval(look, lookIntervalMs).unref();
  return { close: () => clearInterval(timer) };
}
