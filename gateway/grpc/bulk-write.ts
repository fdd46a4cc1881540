import type { handleBidiStreamingCall, Metadata, ServerDuplexStream } from "@grpc/grpc-js";
import type { Failure, Result } from "../../src/errors.ts";
import type { Log } from "../../src/node/ports.ts";
import { answered, toFailureMessage, toWriteError } from "./failures.ts";
import type {
  BulkWriteRequest,
  BulkWriteResponse,
  WriteResult,
} from "./generated/quorumkv/v1/kv.ts";

interface BulkWriteOptions {
  readonly write: (
    request: BulkWriteRequest,
    metadata: Metadata,
  ) => Promise<Result<{ result: WriteResult }>>;
  readonly log: Log;
}

/** Writes of one stream that may be unanswered before no more are read. */
const unansweredMax = 1024;
const unansweredBytesMax = 4 * 1024 * 1024;

type Call = ServerDuplexStream<Result<BulkWriteRequest>, BulkWriteResponse>;

export const bulkWrite =
  (
    options: BulkWriteOptions,
  ): handleBidiStreamingCall<Result<BulkWriteRequest>, BulkWriteResponse> =>
  (call) => {
    new BulkWriter(call, options).start();
  };

interface Slot {
  readonly bytes: number;
  /** Undefined until the write has its answer. */
  response: BulkWriteResponse | undefined;
}

/** One stream of writes: all under way at the same time, answered in the order asked. */
class BulkWriter {
  readonly #call: Call;
  readonly #options: BulkWriteOptions;
  /** Unanswered writes in the order asked. */
  readonly #slots: Slot[] = [];
  #bytes = 0;
  /** The client does not take its answers: wait for it before giving it more. */
  #blocked = false;
  #state: "open" | "asked all" | "over" = "open";
  /** Why the stream ends once everything asked before is answered; undefined: in good order. */
  #fault: Failure | undefined;

  constructor(call: Call, options: BulkWriteOptions) {
    this.#call = call;
    this.#options = options;
  }

  start(): void {
    this.#call.on("data", (request: Result<BulkWriteRequest>) => this.#take(request));
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
    });
  }

  #take(request: Result<BulkWriteRequest>): void {
    if (this.#state !== "open") return;
    if (!request.ok) {
      // What follows a malformed message is not read: it may be out of step.
      this.#call.pause();
      this.#fault = request.failure;
      this.#state = "asked all";
      this.#answer();
      return;
    }
    const slot: Slot = { bytes: weigh(request.value), response: undefined };
    this.#slots.push(slot);
    this.#bytes += slot.bytes;
    if (this.#isFull()) this.#call.pause();
    const { write, log } = this.#options;
    void answered(() => write(request.value, this.#call.metadata), log).then((result) => {
      slot.response = toResponse(request.value.id, result);
      this.#answer();
    });
  }

  #answer(): void {
    while (!this.#blocked && this.#state !== "over") {
      const first = this.#slots[0];
      if (first?.response === undefined) break;
      this.#slots.shift();
      this.#bytes -= first.bytes;
      this.#blocked = !this.#call.write(first.response);
    }
    if (this.#state === "asked all" && this.#slots.length === 0) {
      this.#state = "over";
      if (this.#fault === undefined) this.#call.end();
      else this.#call.emit("error", toWriteError(this.#fault));
    } else if (this.#state === "open" && this.#call.isPaused() && !this.#isFull())
      this.#call.resume();
  }

  #isFull(): boolean {
    return this.#slots.length >= unansweredMax || this.#bytes >= unansweredBytesMax;
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
