/** All parts, in the order in which they run. */
import type { Part } from "../bench.ts";
import { bulk } from "./bulk.ts";
import { elections, failover } from "./failover.ts";
import { filled } from "./filled.ts";
import { idle } from "./idle.ts";
import { memory } from "./memory.ts";
import { reads } from "./reads.ts";
import { layers, security } from "./security.ts";
import { watch } from "./watch.ts";
import { ramDisk, writes } from "./writes.ts";

export const parts: readonly Part[] = [
  ...[writes, ramDisk, reads, bulk, watch, filled, memory, idle],
  ...[elections, failover, security, layers],
];
