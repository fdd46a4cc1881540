/**
 * What may be kept in memory through `Replicate`, which anybody who reaches the port can call. Its
 * messages may be large, and public clients must not get in its way: so it has bounds of its own, and
 * what is newest always finds room. A leader's messages arrive within moments; what is cut off is a
 * stream that has sent half of a message and no more.
 */
import type { ServerInterceptor } from "@grpc/grpc-js";
import { Budget } from "../intake/budget.ts";
import { FairSlots } from "../intake/fair-slots.ts";
import { GrpcCall } from "../intake/grpc-calls.ts";
import { messageBytesMax } from "./channel-options.ts";
import { replicationService } from "./replication-service.ts";

/** Bytes of half-received messages: of several at their largest. */
const halfReceivedBytesMax = 4 * messageBytesMax;
/** Streams at a time; the leader has one, and former leaders one each until they notice. */
const streamsMax = 64;

/** An interceptor that keeps the streams between nodes within their bounds, and lets all others pass. */
export function boundReplication(): ServerInterceptor {
  const halfReceived = new Budget({
    bytesMax: halfReceivedBytesMax,
    safeMs: 0,
    now: () => performance.now(),
  });
  const streams = new FairSlots({ max: streamsMax, replacesOwn: true });
  return (method, call) => {
    if (method.path !== replicationService.replicate.path) return call as never;
    const inner = new GrpcCall(call);
    const cut = () => inner.cut();
    const request = halfReceived.open(cut);
    const slot = streams.enter(inner.address, cut);
    inner.stream.once("close", () => {
      request.release();
      slot?.leave();
    });
    inner.onReceived((bytes) => {
      if (!request.take(bytes)) inner.cut();
    });
    const start = call.start.bind(call);
    call.start = (listener) =>
      start({
        onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
        onReceiveMessage: (message) => {
          request.release();
          slot?.touch();
          listener.onReceiveMessage(message);
        },
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel: () => listener.onCancel(),
      });
    return call as never;
  };
}
