/** Changes of the settings in force; only the leader takes them. */
import { addressOf, call, type Problem } from "../api/http.ts";
import type { LiveConfig } from "../api/wire.ts";
import { config, leaderId } from "./live.ts";

/** Undefined when done. */
export async function changeConfig(change: Partial<LiveConfig>): Promise<Problem | undefined> {
  const answer = await call<LiveConfig>(addressOf("/config", leaderId.value), {
    method: "PATCH",
    body: JSON.stringify(change),
  });
  if (!answer.ok) return answer.problem;
  config.value = answer.value;
  return undefined;
}
