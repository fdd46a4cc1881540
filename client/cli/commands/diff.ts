/** diff: two nodes' stores, by their digests and, where these differ, key by key. */

import { elementsOf, membersOf } from "../../src/json-text.ts";
import type { Status } from "../../src/types.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { compareKeys } from "../key-order.ts";
import type { Session } from "../session.ts";
import { tableOf } from "../terminal/table.ts";
import { ask } from "./cluster.ts";

const pageLimit = 1000;
/** Differences shown; the rest is counted. */
const shownMax = 100;

interface Stored {
  readonly key: string;
  readonly version: string;
  readonly value: string;
}

interface Difference {
  readonly key: string;
  /** Null: that node does not have the key. */
  readonly versions: readonly [string | null, string | null];
}

export async function diff(session: Session, ids: readonly [string, string]): Promise<ExitCode> {
  const { output, paint } = session;
  const [one, other] = await Promise.all(ids.map((id) => statusOf(session, id)));
  const isSame = one?.digest === other?.digest && one?.applied === other?.applied;
  const found = isSame ? { shown: [], count: 0 } : await compare(session, ids);
  const summary = { nodes: ids, applied: [one?.applied, other?.applied], differences: found.count };
  await output.show({
    table: () => {
      const rows = found.shown.map(({ key, versions }) => [key, ...versions]);
      const said = isSame
        ? `equal: digest ${one?.digest} at sequence ${one?.applied}`
        : `${found.count} keys differ; applied ${one?.applied} and ${other?.applied}`;
      return rows.length === 0 ? said : `${tableOf(["KEY", ...ids], rows, paint)}\n${said}`;
    },
    json: () => JSON.stringify({ ...summary, keys: found.shown }),
    raw: () => found.shown.map(({ key }) => key).join("\n"),
  });
  if (found.count > found.shown.length) output.note(`the first ${shownMax} are shown`);
  return found.count === 0 ? exitCodes.ok : exitCodes.conflict;
}

const statusOf = async (session: Session, id: string): Promise<Status> =>
  JSON.parse(await ask(session, `/nodes/${encodeURIComponent(id)}/status`));

/** Both stores are read in the order of their keys, side by side. */
async function compare(session: Session, [left, right]: readonly [string, string]) {
  const shown: Difference[] = [];
  let count = 0;
  const differ = (key: string, versions: Difference["versions"]) => {
    count += 1;
    if (shown.length < shownMax) shown.push({ key, versions });
  };
  const [ones, others] = [entriesOf(session, left), entriesOf(session, right)];
  let one = await nextOf(ones);
  let other = await nextOf(others);
  while (one !== undefined || other !== undefined) {
    const order =
      one === undefined ? 1 : other === undefined ? -1 : compareKeys(one.key, other.key);
    if (order < 0 && one !== undefined) differ(one.key, [one.version, null]);
    else if (order > 0 && other !== undefined) differ(other.key, [null, other.version]);
    else if (one !== undefined && other !== undefined && !isEqual(one, other)) {
      differ(one.key, [one.version, other.version]);
    }
    if (order <= 0) one = await nextOf(ones);
    if (order >= 0) other = await nextOf(others);
  }
  return { shown, count };
}

const isEqual = (one: Stored, other: Stored): boolean =>
  one.version === other.version && one.value === other.value;

const nextOf = async (entries: AsyncGenerator<Stored>): Promise<Stored | undefined> =>
  (await entries.next()).value;

async function* entriesOf(session: Session, id: string): AsyncGenerator<Stored, undefined> {
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ consistency: "local", limit: String(pageLimit) });
    if (after !== null) query.set("after", after);
    const page = membersOf(await ask(session, `/nodes/${encodeURIComponent(id)}/read?${query}`));
    for (const text of elementsOf(page.get("entries") ?? "[]")) {
      const entry = membersOf(text);
      const key: string = JSON.parse(entry.get("key") ?? '""');
      yield { key, version: entry.get("version") ?? "", value: entry.get("value") ?? "" };
    }
    after = JSON.parse(page.get("next") ?? "null");
  } while (after !== null);
  return undefined;
}
