/** What the search must know of each call, worked out once. */
import type { Call } from "./history.ts";

export interface Row {
  readonly call: Call;
  /** Its outcome is known, so it must have a place. */
  readonly required: boolean;
  /** It can tell one register from another; a plain put cannot. */
  readonly looks: boolean;
  /** Where its answer stands among all events; infinite when unknown. */
  readonly returned: number;
  /** Where its start stands among all events. */
  readonly invoked: number;
  /** Equal for unknown calls that may stand in for each other. */
  readonly sameness: string;
  /** The lowest bound of the version beyond which it can no longer be placed. */
  readonly needs: number;
}

/** In order of start. Calls that touch at an instant are concurrent. */
export function rowsOf(calls: readonly Call[]): Row[] {
  const known = (call: Call): boolean => call.outcome !== "unknown";
  const events = calls.flatMap((call) => {
    const start = { at: call.invokedAt, rank: 0, call };
    // Without an answer in time, or with one that says "unknown", it may still happen later.
    const end = { at: call.returnedAt ?? Number.POSITIVE_INFINITY, rank: 1, call };
    return known(call) ? [start, end] : [start];
  });
  events.sort((a, b) => a.at - b.at || a.rank - b.rank);
  const readValues = new Set(
    calls.flatMap(({ kind, value }) => (kind === "read" && value !== undefined ? [value] : [])),
  );
  const returned = new Map<Call, number>();
  for (const [position, event] of events.entries()) {
    if (event.rank === 1) {
      returned.set(event.call, position);
    }
  }
  return events.flatMap(({ call, rank }, invoked) =>
    rank === 1
      ? []
      : [
          {
            call,
            required: known(call),
            looks: looks(call),
            invoked,
            returned: returned.get(call) ?? Number.POSITIVE_INFINITY,
            needs: needs(call),
            sameness: sameness(call, readValues),
          },
        ],
  );
}

function sameness(call: Call, readValues: ReadonlySet<string>): string {
  const value = call.value !== undefined && readValues.has(call.value) ? call.value : "";
  return JSON.stringify([call.kind, value, call.ifVersion, call.version]);
}

function looks(call: Call): boolean {
  return call.kind !== "put" || call.ifVersion !== undefined || call.outcome === "mismatch";
}

function needs(call: Call): number {
  const last = Number.POSITIVE_INFINITY;
  switch (call.outcome) {
    case "ok": {
      const own = call.version ?? last;
      const asked = call.ifVersion === undefined || call.ifVersion === 0 ? last : call.ifVersion;
      return call.kind === "read" ? own : Math.min(own - 1, asked);
    }
    case "mismatch":
      return call.version === undefined || call.version === 0 ? last : call.version;
    case "missing":
    case "unknown":
      return last;
  }
}
