/** Says in time that a certificate expires. */
import type { Clock, Log } from "../node/ports.ts";
import type { Rotating } from "./rotation.ts";

const dayMs = 86_400_000;
const warnedBeforeMs = 14 * dayMs;

/** Seconds that the certificate is still valid; negative: since when it has not been. */
export const secondsLeft = ({ current }: Rotating, now: number): number =>
  Math.round((current.certificate.validToDate.getTime() - now) / 1000);

/** Logs a warning at once and then daily while a certificate, by its setting, has 14 days left or fewer. */
export function watchExpiry(
  certificates: ReadonlyMap<string, Rotating>,
  log: Log,
  clock: Pick<Clock, "wall" | "after">,
): { close(): void } {
  const look = (): void => {
    for (const [setting, rotating] of certificates) {
      const leftMs = secondsLeft(rotating, clock.wall()) * 1000;
      if (leftMs > warnedBeforeMs) continue;
      const { validTo } = rotating.current.certificate;
      const days = Math.floor(leftMs / dayMs);
      const when = leftMs <= 0 ? "has expired" : `expires in ${days} days`;
      log.warn({ validTo }, `${setting}: the certificate ${when}; replace its files`);
    }
    cancel = clock.after(dayMs, look);
  };
  let cancel = (): void => {};
  look();
  return { close: () => cancel() };
}
