/**
 * Two people changed the same key: both values side by side, and the choice between them. The refused
 * write changed nothing, so neither value is lost.
 */
import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../api/http.ts";
import { indentJson, type KeyEntry } from "../api/wire.ts";
import { diffLines } from "../lib/line-diff.ts";
import { count } from "../lib/units.ts";
import { leaderId } from "../state/live.ts";
import { isOwnWrite } from "../state/writing.ts";
import { Blank, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { readKey } from "./reading.ts";

interface ConflictProps {
  /** The key. */
  readonly name: string;
  /** JSON text in the editor. */
  readonly mine: string;
  /** Gives up the own value for theirs. */
  readonly onTheirs: (theirs: KeyEntry) => void;
  /** Writes the own value in place of theirs, if theirs is still there. */
  readonly onMine: (theirs: KeyEntry) => void;
  /** Their change was a deletion: writes the own value as a new key. */
  readonly onCreate: () => void;
}

/** Reads the other value from the leader, because this node may not have it yet. */
export function Conflict({ name, mine, onTheirs, onMine, onCreate }: ConflictProps) {
  const [answer, setAnswer] = useState<Answer<KeyEntry> | undefined>(undefined);
  useEffect(() => {
    const control = new AbortController();
    void readKey(name, leaderId.value, control.signal).then((read) => {
      if (!control.signal.aborted) setAnswer(read);
    });
    return () => control.abort();
  }, [name]);
  if (answer === undefined) return <Blank tone="loading">Reading the other value …</Blank>;
  if (!answer.ok) {
    if (answer.problem.code !== "KEY_NOT_FOUND") return <ProblemNote problem={answer.problem} />;
    return (
      <div class="conflict" role="alert">
        <p>
          <strong>Somebody deleted this key in the meantime.</strong>
        </p>
        <div class="button-row">
          <button type="button" onClick={onCreate}>
            Write mine as a new key
          </button>
        </div>
      </div>
    );
  }
  const theirs = answer.value;
  return (
    <div class="conflict" role="alert" data-test="conflict">
      <p>
        <strong>
          {isOwnWrite(theirs.version)
            ? `Your own earlier write is now version ${count(theirs.version)}.`
            : `Somebody else wrote version ${count(theirs.version)} in the meantime.`}
        </strong>{" "}
        Your value was not written.
      </p>
      <Diff theirs={theirs} mine={mine} />
      <div class="button-row">
        <button type="button" onClick={() => onTheirs(theirs)}>
          Take theirs
        </button>
        <button type="button" class="danger" onClick={() => onMine(theirs)}>
          Replace theirs with mine
        </button>
      </div>
    </div>
  );
}

/** Both values, formatted alike, line by line. */
function Diff({ theirs, mine }: { readonly theirs: KeyEntry; readonly mine: string }) {
  const lines = diffLines(indentJson(theirs.value), indentJson(mine));
  const signs = { both: " ", left: "−", right: "+" };
  return (
    <>
      <p class="diff-legend">
        <span class="diff-left">− theirs</span> <span class="diff-right">+ mine</span>
      </p>
      <Scroller label="Differences between their value and mine">
        <pre class="diff">
          {lines.map(({ side, text }, place) => (
            <span key={place} class={`diff-${side}`}>
              {`${signs[side]} ${text}`}
            </span>
          ))}
        </pre>
      </Scroller>
    </>
  );
}
