/** GET /read with `wait`: the answer comes once there is something newer than `after`. */
import { failed, failedBy, type Result, succeeded } from "../../src/errors.ts";
import type { KeyValue, KvNode } from "../../src/node/api.ts";
import { timeoutMsMax } from "../../src/request-limits.ts";
import { type Answer, jsonType, refusal } from "../answers.ts";
import type { HeldCall, HeldReads } from "../held-reads.ts";
import { checkWhole, versionRange } from "../requests/checks.ts";
import { versionTag } from "../requests/conditions.ts";
import { numberIn } from "../requests/query.ts";

/** How long a read waits, and for what. */
export interface News {
  readonly after: number;
  readonly waitMs: number;
}

/** The news that a query asks for; undefined: it has no `wait`. */
export function newsIn(
  after: string | undefined,
  wait: string | undefined,
): Result<News | undefined> {
  if (wait === undefined) return succeeded(undefined);
  const waitMs = durationIn(wait);
  if (waitMs === undefined) {
    const detail = `"wait" must be a time such as 30s or 500ms, at most ${timeoutMsMax / 1000}s.`;
    return failed("INVALID_ARGUMENT", detail);
  }
  const version = numberIn(after);
  if (version === undefined)
    return failed("INVALID_ARGUMENT", '"wait" needs "after": the version to wait beyond.');
  const fault = checkWhole(version, "after", versionRange);
  return fault === undefined ? succeeded({ after: version, waitMs }) : failedBy(fault);
}

function durationIn(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})(ms|s)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const ms = Number(digits) * (unit === "s" ? 1000 : 1);
  return ms <= timeoutMsMax ? ms : undefined;
}

interface KeyNews {
  readonly node: Pick<KvNode, "applied">;
  /** Reads the key as it is now. */
  readonly read: () => Result<KeyValue> | Promise<Result<KeyValue>>;
  readonly held: HeldReads;
  readonly call: HeldCall;
  readonly key: string;
  readonly news: News;
}

/**
 * Answers the key once its version is above `after`, and KEY_NOT_FOUND once it is deleted after that; 304 when the
 * time is up. A key that is absent is waited for; then the end is KEY_NOT_FOUND.
 */
export async function readNews(
  { node, read, held, call, key, news }: KeyNews,
  made: (found: KeyValue) => Answer,
): Promise<Answer> {
  const answer = (result: Result<KeyValue>): Answer =>
    result.ok ? made(result.value) : refusal(result.failure);
  // Everything that is applied by now shows in the read below.
  const seen = Math.max(news.after, node.applied);
  const now = await read();
  const version = now.ok ? now.value.version : 0;
  const isAbsent = !now.ok && now.failure.code === "KEY_NOT_FOUND";
  if (version > news.after || (!now.ok && !isAbsent)) return answer(now);
  // An absent key may have been deleted after the version that the client knows: the log tells.
  const after = isAbsent && news.after > 0 ? news.after : seen;
  const { waitMs } = news;
  const waited = await held.hold(call, { prefix: key, isKey: true, after, waitMs });
  if (!waited.ok) return refusal(waited.failure);
  if (waited.value) return answer(await read());
  // A node that is behind may have had no such key at first.
  const end = now.ok ? now : await read();
  return end.ok && end.value.version <= news.after
    ? { ...unchanged, tag: versionTag(end.value.version) }
    : answer(end);
}

/** The time is up, and nothing is newer. */
const unchanged: Answer = { status: 304, contentType: jsonType, body: "" };

interface PrefixNews {
  readonly held: HeldReads;
  readonly call: HeldCall;
  readonly prefix: string;
  readonly news: News;
}

/** Answers the page once there is anything newer under the prefix; 304 when the time is up. */
export async function listNews(
  { held, call, prefix, news }: PrefixNews,
  page: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const waited = await held.hold(call, { prefix, isKey: false, ...news });
  if (!waited.ok) return refusal(waited.failure);
  return waited.value ? page() : unchanged;
}
