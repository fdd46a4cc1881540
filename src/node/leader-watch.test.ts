import { expect, test } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Leadership, NodeEvent } from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { LeaderWatch } from "./leader-watch.ts";

function watched(start: Leadership) {
  const clock = new VirtualClock();
  const hub = new EventHub();
  const events: NodeEvent[] = [];
  hub.subscribe((event) => events.push(event));
  let now = start;
  const watch = new LeaderWatch({ clock, hub, now: () => now });
  const becomes = (next: Leadership) => {
    now = next;
    watch.look();
  };
  watch.look();
  return { clock, watch, events, becomes };
}

const nobody = { role: "follower", leader: "", epoch: 4 } as const;
const led = { role: "follower", leader: "b", epoch: 5 } as const;

test("each change of role or leader is one event; looking again, or a new epoch alone, is none", () => {
  const { events, becomes } = watched(nobody);
  expect(events).toEqual([]);
  becomes(led);
  becomes(led);
  becomes({ ...led, epoch: 6 });
  becomes({ role: "candidate", leader: "", epoch: 7 });
  expect(events).toMatchObject([
    { type: "leader", ...led },
    { type: "leader", role: "candidate", leader: "", epoch: 7 },
  ]);
});

test("calls wait for a leader, each for its own time at most, and none beyond the node's end", async () => {
  const { clock, watch, becomes } = watched(nobody);
  const short = watch.whenLeader(10);
  const long = watch.whenLeader(1_000);
  clock.advance(10);
  expect(await short).toBeUndefined();
  becomes(led);
  expect(await long).toBe("b");
  expect(await watch.whenLeader(10)).toBe("b");
  becomes(nobody);
  const last = watch.whenLeader(1_000);
  watch.close();
  expect(await last).toBeUndefined();
});
