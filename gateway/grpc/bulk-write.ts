/** The stream of `BulkWrite`: writes in, answers out, in the same order. */
import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import { type Failure, failedBy, type Result } from "../../src/errors.ts";
import type { PacedLog } from "../../src/node/paced-log.ts";
import type { Access } from "../access/access.ts";
import type { Visit } from "../access/visit.ts";
import type { Unread } from "./definition.ts";
import { answered, toFailureMessage, toWriteError } from "./failures.ts";
import type {
  BulkWriteRequest,
  BulkWriteResponse,
  WriteResult,
} from "./generated/quorumkv/v1/kv.ts";
import { type CallFacts, visitOf } from "./visits.ts";

/** What a stream needs of the service. */
interface BulkWriteOptions {
  /** Carries out one write of the stream; the metadata is that of the whole stream. */
  readonly write: (
    request: BulkWriteRequest,
    facts: CallFacts,
  ) => Promise<Result<{ result: WriteResult }>>;
  readonly access: Access;
  readonly failures: PacedLog;
}

/** While so many writes of a stream, or so many bytes, are unanswered, it is not read. */
const unansweredMax = 1024;
const unansweredBytesMax = 4 * 1024 * 1024;

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
  /** Undefined until the write has its answer. */
  response: BulkWriteResponse | undefined;
}

/** One stream: its writes run at the same time, and are answered in the order asked. */
class BulkWriter {
  readonly #call: Call;
  readonly #options: BulkWriteOptions;
  /** Of the stream; each write is one more by the same caller. */
  readonly #visit: Visit;
  /** Unanswered writes in the order asked. */
  readonly #pending: PendingWrite[] = [];
  #bytes = 0;
  /** Stops listening for the end of the caller's token. */
  #forget = () => {};
  /** The client does not read its answers: nothing is sent until it has caught up. */
  #blocked = false;
  #state: "open" | "asked all" | "over" = "open";
  /** Why the stream ends with an error once all writes before are answered; undefined: it ends normally. */
  #fault: Failure | undefined;

  constructor(call: Call, options: BulkWriteOptions, visit: Visit) {
    this.#call = call;
    this.#options = options;
    this.#visit = visit;
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
    this.#call.on("drain", () => {
      this.#blocked = false;
      this.#answer();
    });
    this.#call.once("end", () => {
      if (this.#state === "open") this.#state = "asked all";
      this.#answer();
    });
    this.#call.once("cancelled", () => {
      this.#state = "over";
      this.#forget();
    });
  }

  #take(unread: Unread<BulkWriteRequest>): void {
    if (this.#state !== "open") return;
    const lapse = this.#visit.lapse();
    const request = lapse === undefined ? unread() : failedBy(lapse);
    if (!request.ok) {
      // Nothing after a malformed message is read: the client may mean something else by it.
      this.#takeNoMore(request.failure);
      return;
    }
    const pending: PendingWrite = { bytes: weigh(request.value), response: undefined };
    this.#pending.push(pending);
    this.#bytes += pending.bytes;
    if (this.#isFull()) this.#call.pause();
    const { write, access, failures } = this.#options;
    const visit = this.#visit.again();
    const facts = { metadata: this.#call.metadata, visit };
    void answered(() => write(request.value, facts), failures).then((result) => {
      access.ended(visit, "write", result.ok ? undefined : result.failure.code);
      pending.response = toResponse(request.value.id, result);
      this.#answer();
    });
  }

  /** Ends the stream with this failure once everything before is answered. */
  #takeNoMore(failure: Failure): void {
    this.#call.pause();
    this.#fault = failure;
    this.#state = "asked all";
    this.#answer();
  }

  /** Sends every answer whose turn it is, and then goes on reading or ends the stream. */
  #answer(): void {
    while (!this.#blocked && this.#state !== "over") {
      const first = this.#pending[0];
      if (first?.response === undefined) break;
      this.#pending.shift();
      this.#bytes -= first.bytes;
      this.#blocked = !this.#call.write(first.response);
    }
    if (this.#state === "asked all" && this.#pending.length === 0) {
      this.#state = "over";
      this.#forget();
      if (this.#fault === undefined) this.#call.end();
      else {
        this.#options.access.ended(this.#visit, "read", this.#fault.code);
        this.#call.emit("error", toWriteError(this.#fault));
      }
    } else if (this.#state === "open" && this.#call.isPaused() && !this.#isFull())
      this.#call.resume();
  }

  #isFull(): boolean {
    return this.#pending.length >= unansweredMax || this.#bytes >= unansweredBytesMax;
  }
}

const toResponse = (id: string, result: Result<{ result: WriteResult }>): BulkWriteResponse => ({
  id,
  outcome: result.ok
    ? { $case: "result", value: result.value.result }
    : { $case: "failure", value: toFailureMessage(result.failure) },
});

/** Roughly the bytes that a waiting write keeps in memory. */
function weigh({ operations }: BulkWriteRequest): number {
  let bytes = 256;
  for (const { operation } of operations) {
    if (operation === undefined) continue;
    bytes += 128 + operation.value.key.length;
    if (operation.$case === "put") bytes += operation.value.value.length;
  }
  return bytes;
}
