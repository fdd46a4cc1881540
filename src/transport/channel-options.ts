import type { ChannelOptions } from "@grpc/grpc-js";

/** Bytes. A batch of 2 MiB, or several in one append, must pass; a lie about a length must not. */
const messageBytesMax = 16 * 1024 * 1024;

/** Milliseconds of silence after which a peer is asked, and then those in which it must answer. */
const keepalive = { timeMs: 10_000, timeoutMs: 10_000 };

const shared: ChannelOptions = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
  // Only for peers whose machine is gone: a process that died closes its sockets, and one that
  // froze is noticed by the protocol's own heartbeats.
  "grpc.keepalive_time_ms": keepalive.timeMs,
  "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
};

/** For the leader's streams to its followers. */
export const channelOptions: ChannelOptions = {
  ...shared,
  "grpc.keepalive_permit_without_calls": 1,
  // The library's defaults (seconds to minutes) are made for clients in data centres.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.dns_min_time_between_resolutions_ms": 500,
  // A retry buffer would report bytes as written that only lie in it.
  "grpc.enable_retries": 0,
  "grpc.per_rpc_retry_buffer_size": 0,
  // Each attempt's channel dies with it, and so does its connection.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
};

export const serverOptions: ChannelOptions = {
  ...shared,
  "grpc.max_concurrent_streams": 1024,
};
