/**
 * Answers that are not read. All of them together have a bound; beyond it a request for one more is
 * refused, and a client that reads nothing of its answer is cut off.
 */
import type { ServerResponse } from "node:http";
import { failureOf } from "../src/errors.ts";
import type { Budget } from "../src/intake/budget.ts";
import { smallAnswerBytes } from "../src/intake/intake.ts";
import { timeoutMsMax } from "../src/request-limits.ts";
import { type Answer, refusal } from "./answers.ts";

/** Milliseconds without traffic after which a connection is cut off: longer than any write may take. */
export const silenceMsMax = timeoutMsMax + 30_000;
/** Milliseconds in which the client must take some of a large answer. */
const stalledMsMax = 30_000;

/** The refusal of an answer that would be one too many. */
export const tooManyUnread = failureOf(
  "OVERLOADED",
  "Too many answers of this node are unread; nothing was written.",
);

/** The answer, counted as unread until it is sent; or its refusal. Small ones are not counted. */
export function counted(answers: Budget, response: ServerResponse, answer: Answer): Answer {
  const { body } = answer;
  if (body.length <= smallAnswerBytes) return answer;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return countUnread(answers, response, bytes.length)
    ? { ...answer, body: bytes }
    : refusal(tooManyUnread);
}

function countUnread(answers: Budget, response: ServerResponse, bytes: number): boolean {
  const { socket } = response.req;
  const holding = answers.open(() => socket.destroy());
  if (!holding.take(bytes)) return false;
  // A response that waits for one before it is not told when the connection closes.
  const over = (): void => {
    holding.release();
    response.off("close", over);
    socket.off("close", over);
    // Else Node has set its own for the wait for the next request.
    if (socket.timeout === stalledMsMax) socket.setTimeout(silenceMsMax);
  };
  response.on("close", over);
  socket.on("close", over);
  // Node looks at what the kernel has taken, also of a single write.
  socket.setTimeout(stalledMsMax);
  return true;
}
