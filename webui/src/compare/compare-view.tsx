/**
 * The store comparison: the leader's store and a follower's, by digest or key by key. It answers whether
 * a follower has everything that the leader has, and if not, which keys differ and how.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { count, plural, total } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { followers, leaderId } from "../state/live.ts";
import { go, route } from "../state/route.ts";
import { NodeName } from "../ui/mark.tsx";
import { AwaitingCluster, Blank, Panel, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Facts, Table } from "../ui/table.tsx";
import { type Comparison, compareStores, type DifferenceClass } from "./comparing.ts";

/** The classes of `differencesBetween`, from harmless to serious, in words. */
const meanings: Readonly<Record<DifferenceClass, string>> = {
  missing: "the follower does not have the key",
  stale: "the follower holds an older version",
  diverged: "another value at the same version, or one that the leader never had; a fault",
  extra: "the leader does not have the key",
};

const classes = Object.keys(meanings) as DifferenceClass[];

/** The follower is part of the address; without one, the first follower is compared. */
export function CompareView() {
  const chosen = route.value.follower || followers.value[0]?.id;
  if (chosen === undefined) {
    return (
      <Panel title="Store comparison">
        <AwaitingCluster />
      </Panel>
    );
  }
  return <CompareWith key={chosen} follower={chosen} />;
}

/** A new follower begins a new comparison: its component has the follower as its key. */
function CompareWith({ follower }: { readonly follower: string }) {
  const { comparison, busy, run, stop } = useComparison(follower);
  return (
    <Panel
      title="Store comparison"
      hint={`${leaderId.value} and a follower, as they are now`}
      class="compare"
    >
      <div class="compare-bar">
        <Segmented
          label="Follower"
          options={followers.value.map(({ id }) => ({ value: id, text: id }))}
          value={follower}
          onChange={(id) => go({ follower: id }, "replace")}
        />
        <div class="button-row">
          <button type="button" class="primary" disabled={busy} onClick={() => run(false)}>
            {busy ? "Comparing …" : "Compare"}
          </button>
          <button type="button" disabled={busy} onClick={() => run(true)}>
            Compare every key
          </button>
          {busy && (
            <button type="button" onClick={stop}>
              Stop
            </button>
          )}
        </div>
      </div>
      {comparison === undefined ? (
        <Blank>
          Equal digests at the same version mean equal stores, without reading a key. Otherwise the
          keys of both stores are read and compared.
        </Blank>
      ) : (
        <Findings comparison={comparison} follower={follower} />
      )}
    </Panel>
  );
}

/**
 * One comparison at a time; a new one, or leaving the view, aborts it. `comparison` is what is known so
 * far; it stays until the next one starts to report.
 */
function useComparison(follower: string) {
  const [comparison, setComparison] = useState<Comparison | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const control = useRef<AbortController | undefined>(undefined);
  // Leaving the view ends the comparison.
  useEffect(() => () => control.current?.abort(), []);
  const run = async (everyKey: boolean) => {
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    setBusy(true);
    const found = await compareStores(
      { leader: leaderId.value, follower, everyKey, signal: mine.signal },
      setComparison,
    );
    // A later comparison has taken over; its result counts.
    if (control.current !== mine) return;
    setBusy(false);
    setComparison(found);
    announce(headline(found, follower));
  };
  return {
    comparison,
    busy,
    run: (all: boolean) => void run(all),
    stop: () => control.current?.abort(),
  };
}

/** The result in one sentence. While keys are read, it says how many, and how many differ so far. */
function headline(comparison: Comparison, follower: string): string {
  if (comparison.problem !== undefined) return comparison.problem.detail;
  const different = total(comparison.counts);
  if (comparison.method === "digest") {
    return `${follower} equals ${leaderId.value}: both digests at version ${count(comparison.leaderApplied)} are ${comparison.leaderDigest}`;
  }
  if (!comparison.finished)
    return `${plural(comparison.keysRead, "key")} read so far, ${count(different)} differ`;
  if (different === 0)
    return `${follower} equals ${leaderId.value}: ${plural(comparison.keysRead, "key")} compared`;
  return `${plural(different, "key")} of ${count(comparison.keysRead)} differ`;
}

interface FindingsProps {
  readonly comparison: Comparison;
  readonly follower: string;
}

/** The headline, how far both stores are, and the keys that differ by class. */
function Findings({ comparison, follower }: FindingsProps) {
  const { counts, problem } = comparison;
  const isDifferent = total(counts) > 0;
  const tone = isDifferent || problem !== undefined ? "warning" : "good";
  return (
    <>
      <p class={`headline ${tone}`} data-test="headline">
        <span aria-hidden="true">{tone === "good" ? "= " : "≠ "}</span>
        {headline(comparison, follower)}
      </p>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <Facts
        class="facts"
        facts={[
          [
            <NodeName key="leader" id={leaderId.value} />,
            storeInWords(comparison.leaderApplied, comparison.leaderKeys),
          ],
          [
            <NodeName key="follower" id={follower} />,
            storeInWords(comparison.followerApplied, comparison.followerKeys),
          ],
        ]}
      />
      {comparison.method === "keys" && (
        <Table columns={["Class", "Keys", "Meaning"]} class="classes">
          {classes.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{count(counts[name])}</td>
              <td>{meanings[name]}</td>
            </tr>
          ))}
        </Table>
      )}
      {isDifferent && <Differences comparison={comparison} follower={follower} />}
    </>
  );
}

const storeInWords = (version: number, keys: number): string =>
  `version ${count(version)}, ${plural(keys, "key")}`;

/** The first keys that differ, each with its version and the start of its value on both nodes. */
function Differences({ comparison, follower }: FindingsProps) {
  return (
    <>
      <p class="hint">
        A follower may be behind for a moment: a write is answered when it has its quorum, not when
        all followers have it. Compare again once the follower is in sync; stale and missing keys
        should then be gone.
      </p>
      <Scroller label="Keys that differ">
        <Table columns={["Key", "Class", leaderId.value, follower]}>
          {comparison.differences.map((one) => (
            <tr key={one.key}>
              <th scope="row" class="clipped" title={one.key}>
                {one.key}
              </th>
              <td>{one.class}</td>
              <td class="clipped">{entryInWords(one.leader)}</td>
              <td class="clipped">{entryInWords(one.follower)}</td>
            </tr>
          ))}
        </Table>
      </Scroller>
    </>
  );
}

const entryInWords = (entry: { version: number; text: string } | undefined): string =>
  entry === undefined ? "–" : `v${count(entry.version)} ${entry.text.slice(0, 80)}`;
