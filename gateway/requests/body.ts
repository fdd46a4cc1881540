/** The JSON body of a request: of the right type, within its bound, and parsed once. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  type Failure,
  failed,
  failedBy,
  failureOf,
  type Result,
  succeeded,
} from "../../src/errors.ts";
import type { Budget, Holding } from "../../src/intake/budget.ts";
import { bodyBytesMax } from "../../src/request-limits.ts";
import { parseBody, type Shape } from "../json/values.ts";
import { onSocketClose } from "../socket-close.ts";
import { BodyBytes } from "./body-bytes.ts";
import { quote } from "./query.ts";

/** RFC 9110 allows empty parameters, as in `application/json;`. */
const jsonMediaType =
  /^application\/json[ \t]*(?:;[ \t]*(?:charset[ \t]*=[ \t]*(?:utf-8|"utf-8")[ \t]*)?)*$/i;

/** The parsed body. Fails as `readBytes` and `parseBytes` do. */
export async function readBody(
  request: IncomingMessage,
  shape?: Shape,
  bytesMax = bodyBytesMax,
): Promise<Result<unknown>> {
  const bytes = await readBytes(request, bytesMax);
  return bytes.ok ? parseBytes(bytes.value, shape) : bytes;
}

/**
 * The bytes of the body. Fails with UNSUPPORTED_MEDIA_TYPE or TOO_LARGE, or with INVALID_ARGUMENT where
 * the body is missing. A client that goes away in the middle causes INVALID_ARGUMENT, which nobody
 * reads. The rest of a refused body is discarded after the answer (`exchanges.ts`).
 */
export function readBytes(
  request: IncomingMessage,
  bytesMax = bodyBytesMax,
): Promise<Result<Buffer>> {
  const fault = headerFault(request, bytesMax);
  return fault === undefined ? collect(request, bytesMax) : Promise.resolve(failedBy(fault));
}

/** The body, its values as `parseBody` gives them. INVALID_ARGUMENT unless it is JSON in UTF-8. */
export function parseBytes(bytes: Buffer, shape?: Shape): Result<unknown> {
  if (bytes.length === 0) return failed("INVALID_ARGUMENT", bodyMissing);
  if (!isUtf8(bytes)) return failed("INVALID_ARGUMENT", "The body is not UTF-8.");
  return parseBody(bytes, shape);
}

/** What is wrong with a body as far as the headers tell. */
function headerFault({ headers }: IncomingMessage, bytesMax: number): Failure | undefined {
  const length = headers["content-length"];
  const hasBody = headers["transfer-encoding"] !== undefined || Number(length ?? 0) > 0;
  const type = headers["content-type"];
  if (type === undefined ? hasBody : !jsonMediaType.test(type)) {
    const given = type === undefined ? "it is missing" : `it is ${quote(type)}`;
    const detail = `The content-type of the body must be application/json in UTF-8; ${given}.`;
    return failureOf("UNSUPPORTED_MEDIA_TYPE", detail);
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    const detail = `The body must not be compressed; its content-encoding is ${quote(encoding)}.`;
    return failureOf("UNSUPPORTED_MEDIA_TYPE", detail);
  }
  if (!hasBody) return failureOf("INVALID_ARGUMENT", bodyMissing);
  return Number(length ?? 0) > bytesMax ? tooLarge(bytesMax) : undefined;
}

const bodyMissing = "The request must have a JSON body.";
const tooManyHalfRead = failureOf(
  "OVERLOADED",
  "Too many bodies of requests to this node are half read; nothing was written.",
);
const tooLarge = (bytesMax: number): Failure =>
  failureOf("TOO_LARGE", `The body must be at most ${bytesMax} bytes.`);

/** What bounds the bodies of each connection that are half read. */
const budgets = new WeakMap<Socket, Budget>();

/** Counts the bodies of this connection among those of all connections while they are half read. */
export const boundBodies = (socket: Socket, budget: Budget): void => {
  budgets.set(socket, budget);
};

/** The bytes of the body; reading stops at the bound. */
const collect = (request: IncomingMessage, bytesMax: number): Promise<Result<Buffer>> =>
  new Promise((resolve) => {
    const { socket } = request;
    const declared = Number(request.headers["content-length"] ?? -1);
    const body = new BodyBytes();
    let isCounted = false;
    let forget = (): void => {};
    let holding: Holding | undefined;
    const finish = (result: Result<Buffer>): void => {
      holding?.release();
      forget();
      resolve(result);
    };
    const stop = (failure: Failure): void => {
      body.drop();
      request.off("data", receive);
      request.pause();
      finish(failedBy(failure));
    };
    const gone = (): void =>
      finish(failed("INVALID_ARGUMENT", "The connection ended before the whole body arrived."));
    const count = (bytes: number): boolean => {
      if (!isCounted) {
        isCounted = true;
        holding = budgets.get(socket)?.open(() => stop(tooManyHalfRead));
        // A request whose answer is sent is not told when its connection closes.
        forget = onSocketClose(socket, gone);
      }
      return holding?.keep(bytes) !== false;
    };
    const receive = (chunk: Buffer): void => {
      const length = body.lengthWith(chunk);
      const isWhole = length === declared && !isCounted;
      if (length > bytesMax) {
        stop(tooLarge(bytesMax));
        return;
      }
      body.add(chunk);
      if (!isWhole && !count(body.capacity)) stop(tooManyHalfRead);
    };
    request.on("data", receive);
    request.on("end", () => finish(succeeded(body.bytes)));
    request.on("error", gone);
    request.on("close", gone);
  });
