/** How much goes over the roads, once single writes are too many to see. */
import { useThrottled } from "../lib/throttled.ts";
import { leaderNow, model, tick } from "../state/live.ts";

const dotsUpToPerSecond = 15;

export interface Throughput {
  /** Above a certain rate dots would be a blur; figures say more. */
  readonly busy: boolean;
  /** Per second. */
  readonly acks: Readonly<Record<string, number>>;
  readonly writes: number;
}

export function useThroughput(): Throughput {
  useThrottled(tick, 4);
  const last = model.rates.at(-1);
  const recent = last !== undefined && leaderNow() - last.at < 3000 ? last : undefined;
  return {
    busy: (recent?.writes ?? 0) > dotsUpToPerSecond,
    acks: recent?.acks ?? {},
    writes: recent?.writes ?? 0,
  };
}
