/** The follower's end of replication streams: the service that leaders call. */
import { Metadata, type ServerDuplexStream, type ServiceDefinition, status } from "@grpc/grpc-js";
import type { Link, LinkEvents } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import type { Known } from "./codec/believed.ts";
import { decodeLeaderMessage, encodeFollowerMessage } from "./codec.ts";
import { ReplicationServiceService } from "./generated/quorumkv/v1/replication.ts";
import type { OutboxLimits } from "./outbox.ts";
import { StreamLink } from "./stream-link.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

/** The generated service, except that both directions are bytes: what they say is judged where the peer is known. */
export const replicationService = {
  replicate: {
    ...ReplicationServiceService.replicate,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const satisfies ServiceDefinition;

type Call = ServerDuplexStream<Buffer, Buffer>;

/** How the streams of leaders are taken. */
interface Acceptance {
  readonly opened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;
  /** The members of NODES; undefined: any id will do. */
  readonly known: Known;
  readonly malformed: (peer: string, reason: string) => void;
  readonly limits?: OutboxLimits | undefined;
  /** The headers have been sent. */
  readonly isOpen?: boolean;
}

/** Accepts the stream of a leader as one link. The leader gets its own end when the headers arrive. */
export function accept(
  call: Call,
  { opened, known, malformed, limits, isOpen = false }: Acceptance,
): Link<FollowerMessage> {
  const link = new StreamLink<LeaderMessage, FollowerMessage>({
    stream: {
      write: (bytes, written) => call.write(bytes, written),
      end: () => call.end(),
      abort: (reason) => refuse(call, reason),
    },
    encode: encodeFollowerMessage,
    decode: (bytes) => decodeLeaderMessage(bytes, known),
    malformed: (reason) => malformed(call.getPeer(), reason),
    limits,
  });
  call.on("data", (bytes: Buffer) => link.received(bytes));
  call.once("end", () => {
    link.ended("the leader ended the stream");
    call.end();
  });
  call.once("cancelled", () => link.ended("the stream was broken off"));
  // The headers tell the leader that the stream is open.
  if (!isOpen) call.sendMetadata(new Metadata());
  link.report(opened(link));
  return link;
}

/** Ends a call that cannot be served now; the leader will try again. */
export function refuse(call: Call, details: string, code = status.UNAVAILABLE): void {
  call.emit("error", { code, details });
}
