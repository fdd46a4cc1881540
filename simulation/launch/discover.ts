/** Finds a running cluster's members from the address of any one of them. */

import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../cluster.ts";
import { unreachable, usageError } from "../errors.ts";
import { clusterSchema } from "../http/answers.ts";
import { callJson, probe } from "../http/client.ts";

const electionLimitMs = 10_000;
const pollEveryMs = 100;

/** The cluster's members; followers are sorted by the number in their id. */
export interface Discovered {
  readonly leader: Member;
  readonly followers: readonly Member[];
}

/** Members that answer at the address they advertise are spoken to there, others by way of `url`. */
export async function discover(url: string, signal: AbortSignal): Promise<Discovered> {
  const entry = withoutSlash(url);
  const nodes = await ledNodes(entry, signal);
  const members = await Promise.all(
    nodes.map(async ({ id, role, url: advertised }) => ({
      role,
      member: { id, url: await reachableAt({ id, advertised, entry }, signal) },
    })),
  );
  const leader = members.find(({ role }) => role === "leader")?.member;
  if (leader === undefined) throw unreachable(`${entry} reports no leader`);
  const followers = members.filter(({ role }) => role !== "leader").map(({ member }) => member);
  return { leader, followers: followers.toSorted((a, b) => byNumber(a.id, b.id)) };
}

/** The members as the leader sees them; an election is waited for. */
async function ledNodes(entry: string, signal: AbortSignal) {
  const giveUpAt = performance.now() + electionLimitMs;
  for (;;) {
    const { nodes } = await callJson(`${entry}/cluster`, clusterSchema, { signal });
    const isLed = nodes.some(({ role }) => role === "leader");
    if (isLed || performance.now() > giveUpAt) return nodes;
    await pause(pollEveryMs, undefined, { signal });
  }
}

async function reachableAt(
  { id, advertised, entry }: { id: string; advertised: string; entry: string },
  signal: AbortSignal,
): Promise<string> {
  const direct = withoutSlash(advertised);
  for (const url of [entry, direct]) {
    if (url === "") continue;
    // From inside a container an advertised "localhost" is some other node, or nobody: ask who it is.
    const answer = await probe(`${url}/livez`, { signal, timeoutMs: 1000 }).catch(() => undefined);
    signal.throwIfAborted();
    if (answer?.node === id) return url;
  }
  return `${entry}/nodes/${encodeURIComponent(id)}`;
}

/**
 * An address without a slash at its end. Throws a usage error for anything but http and https.
 */
export function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw usageError(`--target is "${text}"; it must be processes, compose or an http:// URL`);
  }
  return withoutSlash(text);
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

/** follower2 before follower10. */
const byNumber = (left: string, right: string): number =>
  left.localeCompare(right, "en", { numeric: true });
