/**
 * The form in which an answer goes out: compressed where the client takes gzip and the answer is large,
 * or not at all where the client has it already (304). Event streams do not come through here.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Request } from "express";
import type { Budget } from "../src/intake/budget.ts";
import type { Answer } from "./answers.ts";
import { isKnown } from "./requests/conditions.ts";
import { zippedTag } from "./requests/entity-tags.ts";

/** Bytes from which on compression saves more than its headers cost. */
const zipBytesMin = 1024;
/**
 * Answers that are compressed at a time. It happens in the threads that also write the log, of which there are four
 * by default: two are left for it. Further answers go out as they are, rather than wait.
 */
const zippingMax = 2;
/** The fastest one: an answer is sent once. */
const level = 1;

const compress = promisify(gzip);

/** Brings answers into the form that their requests ask for. */
export class Compression {
  readonly #answers: Budget;
  #zipping = 0;

  /** `answers` bounds the memory. */
  constructor(answers: Budget) {
    this.#answers = answers;
  }

  /** Most answers are small and have no tag: they come back at once, and as they are. */
  formOf(request: Request, answer: Answer): Answer | Promise<Answer> {
    if (answer.status !== 200) return answer;
    const isLarge = answer.body.length >= zipBytesMin;
    if (!isLarge && answer.tag === undefined) return answer;
    const zips =
      isLarge &&
      this.#zipping < zippingMax &&
      request.acceptsEncodings("gzip", "identity") === "gzip";
    const headers = isLarge
      ? [...(answer.headers ?? []), "Vary", "Accept-Encoding"]
      : answer.headers;
    const plain = headers === undefined ? answer : { ...answer, headers };
    const tagged = zips ? withZippedTag(plain) : plain;
    if (answer.tag !== undefined && isKnown(request.headers, answer.tag))
      return notModified(tagged);
    if (!zips) return plain;
    return request.method === "HEAD"
      ? { ...asZipped(tagged, ""), isLengthUnknown: true }
      : this.#zip(plain);
  }

  async #zip(plain: Answer): Promise<Answer> {
    const { length } = plain.body;
    const room = this.#answers.open(() => {});
    // Text may take three bytes for each unit of its length, and the result at most as much again.
    if (!room.take((typeof plain.body === "string" ? 4 : 2) * length)) return plain;
    this.#zipping += 1;
    try {
      const bytes = typeof plain.body === "string" ? Buffer.from(plain.body) : plain.body;
      const zipped = await compress(bytes, { level });
      return zipped.length < bytes.length ? asZipped(withZippedTag(plain), zipped) : plain;
    } finally {
      this.#zipping -= 1;
      room.release();
    }
  }
}

/** 304, with the headers that the answer itself would have. */
const notModified = (answer: Answer): Answer => ({
  ...answer,
  ...{ status: 304, body: "", isOwnBody: false },
});

const withZippedTag = (answer: Answer): Answer =>
  answer.tag === undefined ? answer : { ...answer, tag: zippedTag(answer.tag) };

const asZipped = (answer: Answer, body: Buffer | string): Answer => ({
  ...answer,
  body,
  isOwnBody: typeof body !== "string",
  headers: [...(answer.headers ?? []), "Content-Encoding", "gzip"],
});
