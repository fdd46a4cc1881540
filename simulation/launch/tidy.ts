/** Leaves a cluster that is not ours without the keys that the sweep wrote. */
import { z } from "zod";
import { listStore } from "../compare/listing.ts";
import { callJson } from "../http/client.ts";
import { keyPrefix } from "../load/writes.ts";

const operationsMax = 128;

/** Removes the sweep's keys. Whoever cannot reach the cluster any more leaves it as it is. */
export async function removeKeys(leaderUrl: string): Promise<void> {
  const url = `${leaderUrl}/write/batch`;
  try {
    let operations: { delete: { key: string } }[] = [];
    const remove = async () => {
      if (operations.length === 0) return;
      const body = { operations, quorum: 0 };
      await callJson(url, z.unknown(), { method: "POST", body });
      operations = [];
    };
    for await (const { key } of listStore(leaderUrl, { prefix: keyPrefix })) {
      operations.push({ delete: { key } });
      if (operations.length === operationsMax) await remove();
    }
    await remove();
  } catch {
    // The sweep's findings stand without this, and it has just been said if the cluster is gone.
  }
}
