/** Removes the keys that the sweep wrote to a cluster that goes on being used. */
import { z } from "zod";
import { listStore } from "../compare/listing.ts";
import { callJson } from "../http/client.ts";
import { keyPrefix } from "../load/writes.ts";

const operationsMax = 128;

/** Removes the sweep's keys. A cluster that can no longer be reached keeps them. */
export async function removeKeys(leaderUrl: () => Promise<string>): Promise<void> {
  try {
    const leader = await leaderUrl();
    const url = `${leader}/write/batch`;
    let operations: { delete: { key: string } }[] = [];
    const remove = async () => {
      if (operations.length === 0) return;
      const body = { operations, quorum: 0 };
      await callJson(url, z.unknown(), { method: "POST", body });
      operations = [];
    };
    for await (const { key } of listStore(leader, { prefix: keyPrefix })) {
      operations.push({ delete: { key } });
      if (operations.length === operationsMax) await remove();
    }
    await remove();
  } catch {
    // The results do not depend on this, and a lost cluster has been reported already.
  }
}
