/** The leader's store against a follower's: digests first, keys only where they differ. */
import { useEffect, useRef, useState } from "preact/hooks";
import { count, plural } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import { followers, leaderId } from "../state/live.ts";
import { go, route } from "../state/route.ts";
import { NodeName } from "../ui/mark.tsx";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { type Comparison, compareStores, type DifferenceClass } from "./comparing.ts";

const meanings: Readonly<Record<DifferenceClass, string>> = {
  missing: "the follower lacks the key",
  stale: "the follower holds an older version",
  diverged: "another value under the same version, or one the leader never had; must never be",
  extra: "the leader lacks the key",
};

export function CompareView() {
  const chosen = route.value.follower || followers.value[0]?.id;
  if (chosen === undefined) {
    return (
      <Panel title="Store comparison">
        <Blank tone="loading">Waiting for the first word of the cluster …</Blank>
      </Panel>
    );
  }
  return <CompareWith key={chosen} follower={chosen} />;
}

function CompareWith({ follower }: { readonly follower: string }) {
  const { comparison, busy, run, stop } = useComparison(follower);
  return (
    <Panel
      title="Store comparison"
      hint={`${leaderId.value} against a follower, as they are now`}
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
          Equal digests at one version prove equal stores without reading a key. Where they differ,
          both stores are listed and merged.
        </Blank>
      ) : (
        <Findings comparison={comparison} follower={follower} />
      )}
    </Panel>
  );
}

function useComparison(follower: string) {
  const [comparison, setComparison] = useState<Comparison | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const control = useRef<AbortController | undefined>(undefined);
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

function headline(comparison: Comparison, follower: string): string {
  if (comparison.problem !== undefined) return comparison.problem.detail;
  const different = Object.values(comparison.counts).reduce((sum, number) => sum + number, 0);
  if (comparison.method === "digest") {
    return `${follower} equals ${leaderId.value}: both digests at version ${count(comparison.leaderApplied)} are ${comparison.leaderDigest}`;
  }
  if (!comparison.finished)
    return `${plural(comparison.keysRead, "key")} read so far, ${count(different)} differ`;
  if (different === 0)
    return `${follower} equals ${leaderId.value}: ${plural(comparison.keysRead, "key")} compared`;
  return `${plural(different, "key")} of ${count(comparison.keysRead)} differ`;
}

function Findings({ comparison, follower }: { comparison: Comparison; follower: string }) {
  const { counts, differences, problem } = comparison;
  const classes = Object.keys(meanings) as DifferenceClass[];
  const different = classes.some((name) => counts[name] > 0);
  const tone = different || problem !== undefined ? "warning" : "good";
  return (
    <>
      <p class={`headline ${tone}`} data-test="headline">
        <span aria-hidden="true">{tone === "good" ? "= " : "≠ "}</span>
        {headline(comparison, follower)}
      </p>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <dl class="facts">
        <div>
          <dt>
            <NodeName id={leaderId.value} />
          </dt>
          <dd>
            version {count(comparison.leaderApplied)}, {plural(comparison.leaderKeys, "key")}
          </dd>
        </div>
        <div>
          <dt>
            <NodeName id={follower} />
          </dt>
          <dd>
            version {count(comparison.followerApplied)}, {plural(comparison.followerKeys, "key")}
          </dd>
        </div>
      </dl>
      {comparison.method === "keys" && (
        <table class="classes">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">Keys</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {classes.map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{count(counts[name])}</td>
                <td>{meanings[name]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {different && (
        <>
          <p class="hint">
            A follower may be behind for a moment: writes are answered at the quorum, not when all
            have them. Compare again once it is in sync; stale and missing keys then go.
          </p>
          <Scroller label="Keys that differ">
            <table>
              <thead>
                <tr>
                  <th scope="col">Key</th>
                  <th scope="col">Class</th>
                  <th scope="col">{leaderId.value}</th>
                  <th scope="col">{follower}</th>
                </tr>
              </thead>
              <tbody>
                {differences.map((one) => (
                  <tr key={one.key}>
                    <th scope="row" class="clipped" title={one.key}>
                      {one.key}
                    </th>
                    <td>{one.class}</td>
                    <td class="clipped">{sideInWords(one.leader)}</td>
                    <td class="clipped">{sideInWords(one.follower)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroller>
        </>
      )}
    </>
  );
}

function sideInWords(side: { version: number; text: string } | undefined): string {
  return side === undefined ? "–" : `v${count(side.version)} ${side.text.slice(0, 80)}`;
}
