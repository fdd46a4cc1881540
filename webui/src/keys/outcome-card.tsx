/** What became of a write: answered, refused, sent to the wrong node, or not known yet. */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { count, duration, plural } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import { leaderId, own } from "../state/live.ts";
import { asCurl, type Resolution, resolve, type WriteOrder } from "../state/writing.ts";
import { CopyButton } from "../ui/copy.tsx";
import { NodeName } from "../ui/mark.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import type { Phase, Writing } from "./use-writing.ts";

export function OutcomeCard({ writing }: { readonly writing: Writing }) {
  const { phase } = writing;
  if (phase.type !== "answered") return null;
  const { outcome, order } = phase;
  switch (outcome.type) {
    case "settled":
      return <Settled phase={phase} />;
    case "unknown":
      return <Unknown key={outcome.version} {...{ phase, writing, outcome }} />;
    case "refused":
      if (outcome.problem.code === "NOT_LEADER") {
        return <WrongNode order={order} writing={writing} />;
      }
      // The editor shows a conflict by itself, with both values.
      if (outcome.problem.code === "VERSION_MISMATCH" && order.ifVersion !== 0) {
        return order.action === "delete" ? <ProblemNote problem={outcome.problem} /> : null;
      }
      return <ProblemNote problem={outcome.problem} />;
  }
}

type Answered = Phase & { type: "answered" };

function Settled({ phase }: { readonly phase: Answered }) {
  const { order, outcome } = phase;
  if (outcome.type !== "settled") return null;
  const { receipt, elapsedMs } = outcome;
  const longestMs = Math.max(...receipt.acks.map(({ ms }) => ms), 1);
  return (
    <div class="result good" data-test="result">
      <p class="result-head">
        <span aria-hidden="true">✓ </span>
        {order.action === "put" ? "Written" : "Deleted"} as version{" "}
        <strong>{count(receipt.version)}</strong>: {receipt.quorum} of {receipt.quorum} acks after{" "}
        <strong>{duration(receipt.latencyMs)}</strong>
      </p>
      <ol class="ack-bars">
        {receipt.acks.map(({ node, ms, delayMs }) => (
          <li key={node}>
            <NodeName id={node} />
            <meter min={0} max={longestMs} value={ms} aria-label={`${node}, ${duration(ms)}`} />
            <span class="number">{duration(ms)}</span>
            <span class="dim">held back {duration(delayMs)}</span>
          </li>
        ))}
      </ol>
      <div class="button-row">
        <span class="dim">
          {duration(elapsedMs)} from this page and back, {plural(receipt.acks.length, "ack")}
        </span>
        <CopyButton text={asCurl(order, location.origin)} label="Copy as curl" />
      </div>
    </div>
  );
}

function WrongNode({ order, writing }: { readonly order: WriteOrder; readonly writing: Writing }) {
  return (
    <div class="result warning" role="alert" data-test="not-leader">
      <p class="result-head">
        <span aria-hidden="true">▲ </span>
        {own.value?.node} is a follower and takes no writes. Nothing was written.
      </p>
      <div class="button-row">
        <button type="button" class="primary" onClick={() => void writing.sendToLeader(order)}>
          Send to the leader ({leaderId.value})
        </button>
      </div>
    </div>
  );
}

const askEveryMs = 400;

interface UnknownProps {
  readonly phase: Answered;
  readonly writing: Writing;
  readonly outcome: { readonly problem: Problem; readonly version: number };
}

function Unknown({ phase, writing, outcome }: UnknownProps) {
  const resolution = useResolution(phase, writing, outcome.version);
  const acks = Array.isArray(outcome.problem["acks"]) ? outcome.problem["acks"].length : 0;
  const quorum = Number(outcome.problem["quorum"] ?? phase.order.quorum ?? 0);
  const version = count(outcome.version);
  switch (resolution.type) {
    case "waiting":
      return (
        <div class="result warning" data-test="unknown">
          <p class="result-head">
            <span aria-hidden="true">▲ </span>
            Outcome unknown: {acks} of {quorum} acks before the deadline
          </p>
          <p>Version {version} was not refused and may still settle. Following it …</p>
        </div>
      );
    case "settled":
      return (
        <div class="result good" data-test="resolved">
          <p class="result-head">
            <span aria-hidden="true">✓ </span>
            Version {version} has settled after all
          </p>
        </div>
      );
    case "dropped":
      return (
        <div class="result bad" data-test="resolved">
          <p class="result-head">
            <span aria-hidden="true">■ </span>A new leadership went on without version {version}
          </p>
          <div class="button-row">
            <button type="button" onClick={() => void writing.sendToLeader(phase.order)}>
              Write it again
            </button>
          </div>
        </div>
      );
    case "overtaken":
      return (
        <div class="result warning" data-test="resolved">
          <p class="result-head">
            <span aria-hidden="true">▲ </span>
            The key is at version {count(resolution.by)} now; whether {version} came before cannot
            be told any more
          </p>
        </div>
      );
  }
}

/** Asks until the outcome is known. */
function useResolution(phase: Answered, writing: Writing, version: number): Resolution {
  const [resolution, setResolution] = useState<Resolution>({ type: "waiting" });
  const { order, epoch } = phase;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const ask = async () => {
      const what = { key: order.key, version, epoch, deleted: order.action === "delete" };
      const found = await resolve(what, leaderId.value);
      if (stopped) return;
      setResolution(found);
      if (found.type === "waiting") timer = setTimeout(() => void ask(), askEveryMs);
      else {
        announce(`Version ${version}: ${found.type}`);
        writing.changed();
      }
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [version]);
  return resolution;
}
