/** The follower's end of replication streams: the service that leaders call. */
import { Metadata, type ServerDuplexStream, type ServiceDefinition, status } from "@grpc/grpc-js";
import type { Link, LinkEvents } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { decodeFollowerMessage, decodeLeaderMessage, encodeFollowerMessage } from "./codec.ts";
import { ReplicationServiceService } from "./generated/quorumkv/v1/replication.ts";
import type { OutboxLimits } from "./outbox.ts";
import { StreamLink } from "./stream-link.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

/** The generated service, except that it takes in core messages and sends bytes that are ready. */
export const replicationService = {
  replicate: {
    ...ReplicationServiceService.replicate,
    requestSerialize: asIs,
    requestDeserialize: decodeLeaderMessage,
    responseSerialize: asIs,
    responseDeserialize: decodeFollowerMessage,
  },
} as const satisfies ServiceDefinition;

type Call = ServerDuplexStream<LeaderMessage, Buffer>;

/** Accepts the stream of a leader as one link. The leader gets its own end when the headers arrive. */
export function accept(
  call: Call,
  opened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>,
  limits?: OutboxLimits,
): Link<FollowerMessage> {
  const link = new StreamLink<LeaderMessage, FollowerMessage>(
    {
      write: (bytes, written) => call.write(bytes, written),
      end: () => call.end(),
      abort: (reason) => refuse(call, reason),
    },
    encodeFollowerMessage,
    limits,
  );
  call.on("data", (message: LeaderMessage) => link.received(message));
  call.once("end", () => {
    link.ended("the leader ended the stream");
    call.end();
  });
  call.once("cancelled", () => link.ended("the stream was broken off"));
  // The headers tell the leader that the stream is open.
  call.sendMetadata(new Metadata());
  link.report(opened(link));
  return link;
}

/** Ends a call that cannot be served now; the leader will try again. */
export function refuse(call: Call, details: string, code = status.UNAVAILABLE): void {
  call.emit("error", { code, details });
}
