/** Both ends of replication streams, as tests see them: what arrived, and a way to wait for it. */
import { onTestFinished } from "vitest";
import type { MemberAddress } from "../../src/config/members.ts";
import type { Link, Log } from "../../src/node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../../src/replication/types.ts";
import { channelOptions } from "../../src/transport/channel-options.ts";
import { Handshake } from "../../src/transport/handshake.ts";
import { GrpcNetwork } from "../../src/transport/network.ts";
import type { OutboxLimits } from "../../src/transport/outbox.ts";
import { createGrpcServer } from "../../src/transport/server.ts";

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Milliseconds that keepalive takes to notice that a peer is gone. */
export const keepaliveMs =
  Number(channelOptions["grpc.keepalive_time_ms"]) +
  Number(channelOptions["grpc.keepalive_timeout_ms"]);

/** One end of one link. */
class End<In, Out> {
  readonly received: In[] = [];
  readonly link: Link<Out>;
  closings = 0;
  reason = "";
  #check: () => void = () => {};

  constructor(link: Link<Out>) {
    this.link = link;
  }

  readonly events = {
    received: (message: In) => {
      this.received.push(message);
      this.#check();
    },
    closed: (reason: string) => {
      this.closings++;
      this.reason = reason;
      this.#check();
    },
  };

  async until(what: (end: this) => boolean): Promise<void> {
    while (!what(this)) {
      await new Promise<void>((resolve) => {
        this.#check = resolve;
      });
    }
  }
}

export type LeaderEnd = End<FollowerMessage, LeaderMessage>;
export type FollowerEnd = End<LeaderMessage, FollowerMessage>;

/** Hands out ends as links open. */
class Ends<E> {
  readonly #ready: E[] = [];
  #taker: ((end: E) => void) | undefined;
  opened = 0;

  add(end: E): void {
    this.opened++;
    if (this.#taker === undefined) this.#ready.push(end);
    else this.#taker(end);
    this.#taker = undefined;
  }

  next(): Promise<E> {
    const ready = this.#ready.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => {
      this.#taker = resolve;
    });
  }
}

/** A node that takes streams, until the test is finished. */
export const startFollower = async (
  grpcPort = 0,
  options: { secrets?: readonly string[]; log?: Log; nodes?: readonly MemberAddress[] } = {},
) => {
  const { secrets: clusterSecrets = [], log = silent, nodes = [] } = options;
  const config = { nodes, host: "127.0.0.1", grpcPort, nodeId: "follower1", clusterSecrets };
  const server = createGrpcServer({ config, log });
  const links = new Ends<FollowerEnd>();
  server.network.listen((link) => {
    const end: FollowerEnd = new End(link);
    links.add(end);
    return end.events;
  });
  const { port } = await server.serve();
  onTestFinished(() => server.close());
  return { port, links, server };
};

/** A node that dials the one on that port, until the test is finished. */
export const startLeader = (
  grpcPort: number,
  given: { limits?: OutboxLimits; log?: Log; secrets?: readonly string[] } = {},
) => {
  const { secrets = [], ...options } = given;
  const handshake = new Handshake({ id: "leader", secrets, log: options.log ?? silent });
  const network = new GrpcNetwork({
    nodes: [{ id: "follower1", host: "127.0.0.1", grpcPort }],
    log: silent,
    handshake,
    ...options,
  });
  const links = new Ends<LeaderEnd>();
  const cancel = network.dial("follower1", (link) => {
    const end: LeaderEnd = new End(link);
    links.add(end);
    return end.events;
  });
  onTestFinished(() => network.close());
  return { links, cancel };
};
