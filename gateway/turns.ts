/**
 * The order in which the requests of one connection are carried out. A client may send further requests
 * before it has read its answers (pipelining); while much of those is unread, they wait, and what comes
 * after them is not read.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Budget, Holding } from "../src/intake/budget.ts";
import { smallAnswerBytes } from "../src/intake/intake.ts";
import { isOver } from "./socket-errors.ts";

/** Requests of one connection that are carried out at the same time. */
const togetherMax = 16;
/** Roughly what a waiting request keeps in memory. */
const waitingBytes = 4096;

/** One connection. */
interface Turns {
  /** Requests that are carried out, or whose answers are not sent to the end. */
  unfinished: number;
  /** Runs the requests that wait; while there are any, the connection is not read. */
  readonly waiting: (() => void)[];
  holding: Holding | undefined;
}

/** Lets each request run at once, or when it is its turn; never on a connection that is gone by then. */
export type TakeTurns = (response: ServerResponse, run: () => void) => void;

/** `requests` bounds how many may wait altogether; beyond it, connections are cut off. */
export function createTurns(requests: Budget): TakeTurns {
  const connections = new WeakMap<Socket, Turns>();

  const turnsOf = (socket: Socket): Turns => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const turns: Turns = { unfinished: 0, waiting: [], holding: undefined };
    connections.set(socket, turns);
    return turns;
  };
  const hold = (socket: Socket, turns: Turns): Holding => {
    const holding = requests.open(() => socket.destroy());
    socket.once("close", () => {
      turns.waiting.length = 0;
      holding.release();
    });
    return holding;
  };
  const advance = (socket: Socket, turns: Turns): void => {
    if (turns.waiting.length === 0) return;
    while (!socket.destroyed && mayRun(socket, turns)) {
      const next = turns.waiting.shift();
      if (next === undefined) break;
      next();
    }
    if (turns.waiting.length > 0) return;
    turns.holding?.release();
    if (!isOver(socket)) socket.resume();
  };

  return (response, run) => {
    const { socket } = response.req;
    const turns = turnsOf(socket);
    const begin = (): void => {
      turns.unfinished += 1;
      response.on("close", () => {
        turns.unfinished -= 1;
        advance(socket, turns);
      });
      run();
    };
    if (turns.waiting.length === 0 && mayRun(socket, turns)) {
      begin();
      return;
    }
    turns.holding ??= hold(socket, turns);
    if (turns.holding.take(waitingBytes)) {
      turns.waiting.push(begin);
      socket.pause();
    } else socket.destroy();
  };
}

/** Whether the connection may have one more unfinished answer. */
const mayRun = (socket: Socket, { unfinished }: Turns): boolean =>
  unfinished === 0 || (unfinished < togetherMax && socket.writableLength <= smallAnswerBytes);
