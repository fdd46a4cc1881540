/** The settings of the gRPC library, for both ends of a connection. */
import type { ChannelOptions } from "@grpc/grpc-js";

/** Bytes of one message: enough for several batches of 2 MiB in one append, and a bound on false lengths. */
export const messageBytesMax = 16 * 1024 * 1024;

/** Milliseconds of silence before a peer is pinged, and in which it must then answer. */
const keepalive = { timeMs: 10_000, timeoutMs: 10_000 };

const shared: ChannelOptions = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
  // Needed only when the machine of a peer is gone: a process that dies closes its sockets, and the
  // heartbeats of the protocol notice one that is frozen.
  "grpc.keepalive_time_ms": keepalive.timeMs,
  "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
};

/** For the leader's streams to its followers. */
export const channelOptions: ChannelOptions = {
  ...shared,
  "grpc.keepalive_permit_without_calls": 1,
  // The defaults of the library are seconds to minutes, too slow for the return of a follower.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.dns_min_time_between_resolutions_ms": 500,
  // A retry buffer would report bytes as written that are only in that buffer.
  "grpc.enable_retries": 0,
  "grpc.per_rpc_retry_buffer_size": 0,
  // Each attempt has a channel and a connection of its own, which end with it.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
};

/** For the port that this node opens. */
export const serverOptions = {
  ...shared,
  "grpc.max_concurrent_streams": 1024,
} satisfies ChannelOptions;
/** Bytes of the headers of one call. */
export const headerBytesMax = 16 * 1024;
