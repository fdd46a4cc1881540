/**
 * The outcome of a write: settled, with the time that each ack took; refused; sent to a follower, with
 * the offer to send it to the leader; or unknown, and then followed until it is known.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { urlTo } from "../api/place.ts";
import { count, duration, plural } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { leaderId, own } from "../state/live.ts";
import { asCurl, type Resolution, resolve, type WriteOrder } from "../state/writing.ts";
import { CopyButton } from "../ui/copy.tsx";
import { NodeName } from "../ui/mark.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import type { Phase, Writing } from "./use-writing.ts";

type Answered = Phase & { type: "answered" };

/** Nothing until the write is answered, and nothing where the editor shows the refusal. */
export function OutcomeCard({ writing }: { readonly writing: Writing }) {
  const { phase } = writing;
  if (phase.type !== "answered") return null;
  const { outcome, order } = phase;
  switch (outcome.type) {
    case "settled":
      return <Settled phase={phase} />;
    case "unknown":
      return <Unknown key={outcome.version} phase={phase} writing={writing} outcome={outcome} />;
    case "refused":
      if (outcome.problem.code === "NOT_LEADER") {
        return <WrongNode order={order} writing={writing} />;
      }
      // The editor shows a conflict itself, with both values.
      if (outcome.problem.code === "VERSION_MISMATCH" && order.ifVersion !== 0) {
        return order.action === "delete" ? <ProblemNote problem={outcome.problem} /> : null;
      }
      return <ProblemNote problem={outcome.problem} />;
  }
}

interface ResultProps {
  readonly tone: "good" | "warning" | "bad";
  /** Names the card for tests, as `data-test`. */
  readonly name: string;
  readonly role?: "alert";
  /** The outcome in one line. */
  readonly head: ComponentChildren;
  readonly children?: ComponentChildren;
}

const symbols = { good: "✓ ", warning: "▲ ", bad: "■ " };

/** A coloured card whose symbol says the same as its colour. */
function Result({ tone, name, role, head, children }: ResultProps) {
  return (
    <div class={`result ${tone}`} role={role} data-test={name}>
      <p class="result-head">
        <span aria-hidden="true">{symbols[tone]}</span>
        {head}
      </p>
      {children}
    </div>
  );
}

/** With a bar for each ack, whose length is the time that the ack took. */
function Settled({ phase }: { readonly phase: Answered }) {
  const { order, outcome } = phase;
  if (outcome.type !== "settled") return null;
  const { receipt, elapsedMs } = outcome;
  const longestMs = Math.max(...receipt.acks.map(({ ms }) => ms), 1);
  const head = (
    <>
      {order.action === "put" ? "Written" : "Deleted"} as version{" "}
      <strong>{count(receipt.version)}</strong>: {receipt.quorum} of {receipt.quorum} acks after{" "}
      <strong>{duration(receipt.latencyMs)}</strong>
    </>
  );
  return (
    <Result tone="good" name="result" head={head}>
      <ol class="ack-bars">
        {receipt.acks.map(({ node, ms, delayMs }) => (
          <li key={node}>
            <NodeName id={node} />
            <meter min={0} max={longestMs} value={ms} aria-label={`${node}, ${duration(ms)}`} />
            <span class="number">{duration(ms)}</span>
            <span class="dim">simulated delay {duration(delayMs)}</span>
          </li>
        ))}
      </ol>
      <div class="button-row">
        <span class="dim">
          {duration(elapsedMs)} from this page and back, {plural(receipt.acks.length, "ack")}
        </span>
        <CopyButton text={asCurl(order, urlTo)} label="Copy as curl" />
      </div>
    </Result>
  );
}

/** Nothing is written until somebody chooses to send the order to the leader. */
function WrongNode({ order, writing }: { readonly order: WriteOrder; readonly writing: Writing }) {
  const node = order.target === "" ? own.value?.node : "The node that was asked";
  const head = <>{node} is a follower and takes no writes. Nothing was written.</>;
  return (
    <Result tone="warning" name="not-leader" role="alert" head={head}>
      <div class="button-row">
        <button type="button" class="primary" onClick={() => void writing.sendToLeader(order)}>
          Send to the leader ({leaderId.value})
        </button>
      </div>
    </Result>
  );
}

interface UnknownProps {
  readonly phase: Answered;
  readonly writing: Writing;
  readonly outcome: { readonly problem: Problem; readonly version: number };
}

/**
 * Never called a failure: the entry may settle after its deadline. The first text stays until the leader
 * can tell more; each resolution has a text of its own.
 */
function Unknown({ phase, writing, outcome }: UnknownProps) {
  const resolution = useResolution(phase, writing, outcome.version);
  const acks = Array.isArray(outcome.problem["acks"]) ? outcome.problem["acks"].length : 0;
  const quorum = Number(outcome.problem["quorum"] ?? phase.order.quorum ?? 0);
  const version = count(outcome.version);
  switch (resolution.type) {
    case "waiting":
      return (
        <Result
          tone="warning"
          name="unknown"
          head={`Outcome unknown: ${acks} of ${quorum} acks before the deadline`}
        >
          <p>Version {version} was not refused and may still settle. Waiting for its outcome …</p>
        </Result>
      );
    case "settled":
      return (
        <Result tone="good" name="resolved" head={`Version ${version} has settled after all`} />
      );
    case "dropped":
      return (
        <Result
          tone="bad"
          name="resolved"
          head={`The leader of the new epoch does not have version ${version}`}
        >
          <div class="button-row">
            <button type="button" onClick={() => void writing.sendToLeader(phase.order)}>
              Write it again
            </button>
          </div>
        </Result>
      );
    case "overtaken":
      return (
        <Result
          tone="warning"
          name="resolved"
          head={`The key now has version ${count(resolution.by)}; whether version ${version} settled before it can no longer be determined`}
        />
      );
  }
}

/** Often enough for somebody who waits for the answer. */
const askEveryMs = 400;

/** Asks the leader until the outcome is known, announces it, and has the key read again. */
function useResolution(phase: Answered, writing: Writing, version: number): Resolution {
  const [resolution, setResolution] = useState<Resolution>({ type: "waiting" });
  const { order, epoch } = phase;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const ask = async () => {
      const write = { key: order.key, version, epoch, deleted: order.action === "delete" };
      const found = await resolve(write, leaderId.value);
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
