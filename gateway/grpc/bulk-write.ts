/** The stream of `BulkWrite`: writes in, answers out, in the same order. */
import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import { type Failure, failedBy, failureOf, type Result } from "../../src/errors.ts";
import type { Budget, Holding } from "../../src/intake/budget.ts";
import { pieceOverheadBytes, smallAnswerBytes } from "../../src/intake/intake.ts";
import type { PacedLog } from "../../src/node/paced-log.ts";
import type { Access } from "../access/access.ts";
import type { Visit } from "../access/visit.ts";
import { isRepeated } from "./attempts.ts";
import { type BulkMessage, readBulkMessage, weighWrite } from "./bulk-message.ts";
import type { Unread } from "./definition.ts";
import { answered, toFailureMessage, toWriteError } from "./failures.ts";
import type {
  BulkWriteAnswer,
  BulkWriteItem,
  BulkWriteRequest,
  BulkWriteResponse,
  WriteResult,
} from "./generated/quorumkv/v1/kv.ts";
import { type CallFacts, visitOf } from "./visits.ts";

/** What a stream needs of the service. */
interface BulkWriteOptions {
  /** Carries out one write of the stream. */
  readonly write: (
    write: BulkWriteItem,
    facts: CallFacts,
  ) => Promise<Result<{ result: WriteResult }>>;
  readonly access: Access;
  readonly failures: PacedLog;
  /** What all clients together may leave unread. */
  readonly answers: Budget;
}

/** While so many writes of a stream, or so many bytes, are unanswered, it is not read. */
const unansweredMax = 1024;
const unansweredBytesMax = 4 * 1024 * 1024;
/** A message takes no more answers once it has about this much. */
const answersBytesMax = 12 * 1024;

type Call = ServerDuplexStream<Unread<BulkWriteRequest>, BulkWriteResponse>;

/** The handler of the call: each stream has a writer of its own. */
export const bulkWrite =
  (
    options: BulkWriteOptions,
  ): handleBidiStreamingCall<Unread<BulkWriteRequest>, BulkWriteResponse> =>
  (call) => {
    const visit = visitOf(options.access, call, "write");
    new BulkWriter(call, options, visit).start();
  };

/** One write of a stream, in the order asked. */
interface PendingWrite {
  /** Roughly what it keeps in memory. */
  readonly bytes: number;
  /** It came with others, and its answer may go with others. */
  readonly isGrouped: boolean;
  /** Undefined until the write has its answer. */
  answer: BulkWriteAnswer | undefined;
}

/** One stream: its writes run at the same time, and are answered in the order asked. */
class BulkWriter {
  readonly #call: Call;
  readonly #options: BulkWriteOptions;
  /** Of the stream; each write is one more by the same caller. */
  readonly #visit: Visit;
  readonly #isRepeated: boolean;
  /** Unanswered writes in the order asked. */
  readonly #pending: PendingWrite[] = [];
  #bytes = 0;
  /** Roughly what the answers among them keep in memory. */
  #answerBytes = 0;
  readonly #unread: Holding;
  /** Stops listening for the end of the caller's token. */
  #forget = () => {};
  /** The client has not taken the answers sent so far: nothing is sent until it has. */
  #blocked = false;
  /** Answers of this turn will be sent together. */
  #answering = false;
  #state: "open" | "asked all" | "over" = "open";
  /** Why the stream ends with an error once all writes before are answered; undefined: it ends normally. */
  #fault: Failure | undefined;

  constructor(call: Call, options: BulkWriteOptions, visit: Visit) {
    this.#call = call;
    this.#options = options;
    this.#visit = visit;
    this.#isRepeated = isRepeated(call.metadata);
    this.#unread = options.answers.open(() => this.#giveUp());
  }

  /** Starts to read, unless the caller may not write. */
  start(): void {
    if (this.#visit.objection !== undefined) {
      this.#takeNoMore(this.#visit.objection);
      return;
    }
    this.#forget = this.#visit.onLapse((failure) => {
      if (this.#state === "open") this.#takeNoMore(failure);
    });
    this.#call.on("data", (request: Unread<BulkWriteRequest>) => this.#take(request));
    this.#call.on("drain", this.#unblock);
    this.#call.once("end", () => {
      if (this.#state === "open") this.#state = "asked all";
      this.#answer();
    });
    this.#call.once("cancelled", () => this.#end());
  }

  #take(unread: Unread<BulkWriteRequest>): void {
    if (this.#state !== "open") return;
    const lapse = this.#visit.lapse();
    const request = lapse === undefined ? readBulkMessage(unread) : failedBy(lapse);
    if (!request.ok) {
      // Nothing after a malformed message is read: the client may mean something else by it.
      this.#takeNoMore(request.failure);
      return;
    }
    this.#start(request.value);
    if (this.#isFull()) this.#call.pause();
  }

  /** Starts every write of a message. */
  #start({ writes, isGrouped }: BulkMessage): void {
    const { write, access, failures } = this.#options;
    for (const asked of writes) {
      const pending: PendingWrite = { bytes: weighWrite(asked), isGrouped, answer: undefined };
      this.#pending.push(pending);
      this.#bytes += pending.bytes;
      const visit = this.#visit.again();
      const facts = { visit, isRepeated: this.#isRepeated };
      void answered(() => write(asked, facts), failures).then((result) => {
        access.ended(visit, "write", result.ok ? undefined : result.failure.code);
        if (this.#state === "over") return;
        pending.answer = toAnswer(asked.id, result);
        this.#answerBytes += memoryOf(pending.answer);
        this.#answerSoon();
      });
    }
  }

  /** Ends the stream with this failure once everything before is answered. */
  #takeNoMore(failure: Failure): void {
    this.#call.pause();
    this.#fault = failure;
    this.#state = "asked all";
    this.#answer();
  }

  /** Writes that settle together are answered together. */
  #answerSoon(): void {
    if (this.#answering) return;
    this.#answering = true;
    process.nextTick(() => {
      this.#answering = false;
      this.#answer();
    });
  }

  readonly #unblock = (): void => {
    this.#blocked = false;
    this.#answer();
  };

  /** Sends every answer whose turn it is, and then goes on reading or ends the stream. */
  #answer(): void {
    while (!this.#blocked && this.#state !== "over") {
      const first = this.#pending[0];
      if (first?.answer === undefined) break;
      if (first.isGrouped) {
        this.#blocked = true;
        const answers = this.#shiftAnswers();
        this.#call.write({ id: "0", outcome: undefined, answers }, this.#unblock);
      } else {
        this.#shift(first, first.answer);
        this.#blocked = !this.#call.write({ ...first.answer, answers: [] });
      }
    }
    this.#countUnread();
    if (this.#state === "asked all" && this.#pending.length === 0) {
      this.#end();
      if (this.#fault === undefined) this.#call.end();
      else {
        this.#options.access.ended(this.#visit, "read", this.#fault.code);
        this.#call.emit("error", toWriteError(this.#fault));
      }
    } else if (this.#state === "open" && this.#call.isPaused() && !this.#isFull())
      this.#call.resume();
  }

  /** The answers that are known, as many of them as one message takes. */
  #shiftAnswers(): BulkWriteAnswer[] {
    const answers: BulkWriteAnswer[] = [];
    let bytes = 0;
    for (
      let next = this.#pending[0];
      next?.answer !== undefined && next.isGrouped && bytes < answersBytesMax;
      next = this.#pending[0]
    ) {
      answers.push(next.answer);
      bytes += weighAnswer(next.answer);
      this.#shift(next, next.answer);
    }
    return answers;
  }

  #shift({ bytes }: PendingWrite, answer: BulkWriteAnswer): void {
    this.#pending.shift();
    this.#bytes -= bytes;
    this.#answerBytes -= memoryOf(answer);
  }

  /** Answers that wait for the client count among all that is unread. */
  #countUnread(): void {
    if (!this.#blocked || this.#answerBytes <= smallAnswerBytes) this.#unread.release();
    else if (!this.#unread.keep(this.#answerBytes)) this.#giveUp();
  }

  /** There is no room for the answers: the stream ends without them. */
  #giveUp(): void {
    if (this.#state === "over") return;
    this.#end();
    this.#call.pause();
    this.#options.access.ended(this.#visit, "read", tooManyUnread.code);
    this.#call.emit("error", toWriteError(tooManyUnread));
  }

  #end(): void {
    this.#state = "over";
    this.#forget();
    this.#unread.release();
    this.#pending.length = 0;
  }

  #isFull(): boolean {
    return this.#pending.length >= unansweredMax || this.#bytes >= unansweredBytesMax;
  }
}

const toAnswer = (id: string, result: Result<{ result: WriteResult }>): BulkWriteAnswer => ({
  id,
  outcome: result.ok
    ? { $case: "result", value: result.value.result }
    : { $case: "failure", value: toFailureMessage(result.failure) },
});

const tooManyUnread = failureOf(
  "OVERLOADED",
  "Too many answers of this node are unread. Writes of this stream without an answer may have been stored.",
);

const memoryOf = (answer: BulkWriteAnswer): number => pieceOverheadBytes + weighAnswer(answer);

/** Roughly the bytes of one answer in its message. */
function weighAnswer({ outcome }: BulkWriteAnswer): number {
  if (outcome?.$case === "failure")
    return 64 + outcome.value.detail.length + outcome.value.members.length;
  return 32 + (outcome?.value.acks.length ?? 0) * 32;
}
