/**
 * Ends forwarded calls to a member that no longer responds. A stopped process or a machine without
 * power still looks connected: no bytes arrive, and no error either. So a member that is silent during
 * a call is probed with `GET /livez`. While it responds, the call may take as long as it needs.
 */
import { type Agent, type ClientRequest, get, type IncomingMessage } from "node:http";
import type { Peer } from "./peers.ts";

/** Milliseconds between two looks at all calls. */
const sweepIntervalMs = 250;
/** Milliseconds of silence before a probe: before the answer begins, and each time after that. */
const firstSilenceMs = 1000;
const laterSilenceMs = 5000;
/** The same for an event stream, which carries a comment every 15 s when it is idle. */
const streamSilenceMs = 20_000;
/** Milliseconds a member has to respond to a probe. */
const reactionTimeoutMs = 1500;
/** Unanswered probes in a row that end a call. */
const missesMax = { read: 2, write: 6 } as const;

/** Watches over forwarded calls. */
export interface MemberPulse {
  /** Watches a call until it ends by itself, or destroys it with an error if its member is gone. */
  watch(call: {
    readonly peer: Peer;
    readonly outgoing: ClientRequest;
    /** A write gets more time, because ending it leaves its outcome unknown. */
    readonly kind: "read" | "write";
  }): void;
  close(): void;
}

interface WatchedCall {
  readonly peer: Peer;
  readonly outgoing: ClientRequest;
  readonly missesMax: number;
  /** Bytes its connection had received at `heardAt`, which is monotonic milliseconds. */
  bytesReceived: number;
  heardAt: number;
  silenceMs: number;
  misses: number;
}

/** `react` resolves to whether that member responds in time. */
export function createMemberPulse(react: (peer: Peer) => Promise<boolean>): MemberPulse {
  const calls = new Set<WatchedCall>();
  /** Addresses of members with a probe in progress, and of those that did not respond to the last one. */
  const asking = new Set<string>();
  const suspects = new Set<string>();

  const hear = (call: WatchedCall): void => {
    call.heardAt = performance.now();
    call.misses = 0;
  };
  const miss = (call: WatchedCall): void => {
    call.misses += 1;
    if (call.misses < call.missesMax) return;
    calls.delete(call);
    const silentMs = Math.round(performance.now() - call.heardAt);
    call.outgoing.destroy(new Error(`it has not responded for ${silentMs} ms`));
  };
  const ask = async (peer: Peer, silent: readonly WatchedCall[]): Promise<void> => {
    asking.add(peer.url);
    const isAlive = await react(peer);
    asking.delete(peer.url);
    if (isAlive) suspects.delete(peer.url);
    else suspects.add(peer.url);
    for (const call of silent) {
      if (!calls.has(call)) continue;
      call.silenceMs = Math.max(call.silenceMs, isAlive ? laterSilenceMs : 0);
      if (isAlive) hear(call);
      else miss(call);
    }
  };
  const sweep = (): void => {
    const now = performance.now();
    const silent = new Map<string, WatchedCall[]>();
    for (const call of calls) {
      const bytesReceived = call.outgoing.socket?.bytesRead ?? 0;
      if (bytesReceived !== call.bytesReceived) {
        call.bytesReceived = bytesReceived;
        hear(call);
      }
      if (now - call.heardAt < call.silenceMs || asking.has(call.peer.url)) continue;
      const others = silent.get(call.peer.url);
      if (others === undefined) silent.set(call.peer.url, [call]);
      else others.push(call);
    }
    for (const [first, ...others] of silent.values()) {
      if (first !== undefined) void ask(first.peer, [first, ...others]);
    }
  };
  const timer = setInterval(sweep, sweepIntervalMs).unref();

  return {
    watch: ({ peer, outgoing, kind }) => {
      const isSuspect = suspects.has(peer.url);
      const call: WatchedCall = {
        peer,
        outgoing,
        missesMax: missesMax[kind],
        bytesReceived: outgoing.socket?.bytesRead ?? 0,
        heardAt: performance.now(),
        silenceMs: isSuspect ? 0 : firstSilenceMs,
        misses: isSuspect ? 1 : 0,
      };
      calls.add(call);
      outgoing.once("response", (response: IncomingMessage) => {
        call.silenceMs = isEventStream(response) ? streamSilenceMs : laterSilenceMs;
      });
      outgoing.once("close", () => calls.delete(call));
    },
    close: () => clearInterval(timer),
  };
}

/** Whether the answer is a stream of server-sent events, which has no end to wait for. */
export const isEventStream = ({ headers }: IncomingMessage): boolean =>
  headers["content-type"]?.startsWith("text/event-stream") === true;

/**
 * Whether the gateway at that URL responds in time; `agent` keeps no connections.
 * Any answer shows that the machine responds, and so does a refused connection: when the process has
 * died, the call itself fails with a reset, and needs no help from here.
 */
export const reacts = (peerUrl: string, agent: Agent): Promise<boolean> =>
  new Promise((resolve) => {
    const question = get(new URL("/livez", peerUrl), { agent });
    const answer = (isAlive: boolean): void => {
      clearTimeout(giveUp);
      resolve(isAlive);
      question.destroy();
    };
    const giveUp = setTimeout(() => answer(false), reactionTimeoutMs).unref();
    question.on("socket", (socket) => socket.unref());
    question.on("response", () => answer(true));
    question.on("error", ({ code }: Error & { code?: string }) =>
      answer(code === "ECONNREFUSED" || code === "ECONNRESET"),
    );
  });
