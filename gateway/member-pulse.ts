/**
 * Ends calls that wait for a member which no longer reacts. A stopped process or a machine without
 * power still looks connected: nothing comes, and no error either. So a member that is silent
 * during a call is asked whether it lives; while it does, the call may take as long as it needs.
 */
import { type ClientRequest, get, type IncomingMessage } from "node:http";

const sweepIntervalMs = 250;
/** Silence after which a member is asked: before the answer begins, and each time after that. */
const firstSilenceMs = 1000;
const laterSilenceMs = 5000;
/** An idle event stream brings a comment every 15 s. */
const streamSilenceMs = 20_000;
const reactionTimeoutMs = 1500;
/** Unanswered questions in a row that end a call. */
const missesMax = { read: 2, write: 6 } as const;

export interface MemberPulse {
  /** Until the call ends by itself, or is destroyed with an error because its member is gone. */
  watch(call: {
    readonly peerUrl: string;
    readonly outgoing: ClientRequest;
    /** A write is given more time: its outcome would be unknown. */
    readonly kind: "read" | "write";
  }): void;
  close(): void;
}

interface WatchedCall {
  readonly peerUrl: string;
  readonly outgoing: ClientRequest;
  readonly missesMax: number;
  /** What its connection had received at `heardAt`. */
  bytesReceived: number;
  heardAt: number;
  silenceMs: number;
  misses: number;
}

/** `react` resolves to whether the member at that URL reacts in time. */
export function createMemberPulse(react = reacts): MemberPulse {
  const calls = new Set<WatchedCall>();
  /** Members that are being asked, and those that did not react when they were asked last. */
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
  const ask = async (peerUrl: string, silent: readonly WatchedCall[]): Promise<void> => {
    asking.add(peerUrl);
    const isAlive = await react(peerUrl);
    asking.delete(peerUrl);
    if (isAlive) suspects.delete(peerUrl);
    else suspects.add(peerUrl);
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
      if (now - call.heardAt < call.silenceMs || asking.has(call.peerUrl)) continue;
      const others = silent.get(call.peerUrl);
      if (others === undefined) silent.set(call.peerUrl, [call]);
      else others.push(call);
    }
    for (const [peerUrl, waiting] of silent) void ask(peerUrl, waiting);
  };
  const timer = setInterval(sweep, sweepIntervalMs).unref();

  return {
    watch: ({ peerUrl, outgoing, kind }) => {
      const isSuspect = suspects.has(peerUrl);
      const call: WatchedCall = {
        peerUrl,
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

export const isEventStream = ({ headers }: IncomingMessage): boolean =>
  headers["content-type"]?.startsWith("text/event-stream") === true;

/** Any answer is a sign of life, and so is a refused connection: a process that died resets it. */
const reacts = (peerUrl: string): Promise<boolean> =>
  new Promise((resolve) => {
    const question = get(new URL("/livez", peerUrl), { agent: false });
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
