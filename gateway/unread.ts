/**
 * Answers that are not read. All of them together have a bound; beyond it a request for one more is
 * refused, and a client that reads nothing of its answer is cut off.
 */
import type { ServerResponse } from "node:http";
import { failureOf } from "../src/errors.ts";
import { type Intake, smallAnswerBytes } from "../src/intake/intake.ts";
import { timeoutMsMax } from "../src/request-limits.ts";
import { type Answer, refusal } from "./answers.ts";
import { onSocketClose } from "./socket-close.ts";

/** Milliseconds without traffic after which a connection is cut off: longer than any write may take. */
export const silenceMsMax = timeoutMsMax + 30_000;

/** The refusal of an answer that would be one too many. */
export const tooManyUnread = failureOf(
  "OVERLOADED",
  "Too many answers of this node are unread; nothing was written.",
);

/** The answer, counted as unread until it is sent; or its refusal. Small ones are not counted. */
export function counted(intake: Intake, response: ServerResponse, answer: Answer): Answer {
  const { body } = answer;
  if (body.length <= smallAnswerBytes) return answer;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (!countUnread(intake, response, bytes.length)) return refusal(tooManyUnread);
  if (typeof body === "string" || answer.isOwnBody === true) freeWhenSent(response, bytes);
  return { ...answer, body: bytes };
}

/** Much that was sent would else wait for the garbage collector, which a busy machine makes late. */
function freeWhenSent(response: ServerResponse, { buffer, byteLength }: Buffer): void {
  // A small buffer may be a part of one that others use.
  if (buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return;
  // Only then has the kernel taken all of it; an answer that is broken off is left to the collector.
  response.once("finish", () => buffer.transfer(0));
}

function countUnread(intake: Intake, response: ServerResponse, bytes: number): boolean {
  const { answers, stalledMsMax } = intake;
  const { socket } = response.req;
  const holding = answers.open(() => socket.destroy());
  if (!holding.take(bytes)) return false;
  // A response that waits for one before it is not told when the connection closes.
  const over = (): void => {
    holding.release();
    forget();
    // Else Node has set its own for the wait for the next request.
    if (socket.timeout === stalledMsMax) socket.setTimeout(silenceMsMax);
  };
  const forget = onSocketClose(socket, over);
  response.once("close", over);
  // Node looks at what the kernel has taken, also of a single write.
  socket.setTimeout(stalledMsMax);
  return true;
}
