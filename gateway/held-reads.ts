/**
 * Reads that wait for news (long polls): each is held until an operation after a sequence is applied here, or
 * until its time is up. The log says what came after that sequence, deletions included.
 */
import type { Request, Response } from "express";
import { type Failed, failedBy, failureOf, type Result, succeeded } from "../src/errors.ts";
import type { FairSlots } from "../src/intake/fair-slots.ts";
import type { KvNode } from "../src/node/api.ts";
import type { Cancel } from "../src/node/ports.ts";
import type { Visit } from "./access/visit.ts";
import { onClientEnd } from "./exchanges.ts";
import { onSocketClose } from "./socket-close.ts";

/** The call of a client that waits. */
export interface HeldCall {
  readonly request: Request;
  readonly response: Response;
  readonly visit: Visit;
}

/** What a read waits for. */
interface Awaited {
  /** Operations on keys that start with it count; with `isKey`, those on this very key. */
  readonly prefix: string;
  readonly isKey: boolean;
  /** A sequence. */
  readonly after: number;
  readonly waitMs: number;
}

const tooManyHeld = failureOf("OVERLOADED", "Too many event streams are open, or reads are held.");
const stopping = failureOf("SHUTTING_DOWN", "The node is shutting down; nothing was written.");

/** All held reads of a gateway. Each has one of the places that event streams have. */
export class HeldReads {
  readonly #node: KvNode;
  readonly #places: FairSlots;
  readonly #stops = new Set<(result: Failed) => void>();

  constructor(parts: { readonly node: KvNode; readonly places: FairSlots }) {
    this.#node = parts.node;
    this.#places = parts.places;
  }

  /**
   * True once there is something newer, or may be: the log no longer reaches back that far. False when the
   * time is up. COMPACTED where the log ends before `after`.
   */
  hold({ request, response, visit }: HeldCall, awaited: Awaited): Promise<Result<boolean>> {
    const { prefix, isKey, after, waitMs } = awaited;
    const { socket } = request;
    return new Promise((resolve) => {
      const endings: Cancel[] = [];
      let isOver = false;
      const end = (result: Result<boolean>): void => {
        if (isOver) return;
        isOver = true;
        for (const run of endings) run();
        resolve(result);
      };
      const atEnd = (run: Cancel): void => {
        if (isOver) run();
        else endings.push(run);
      };
      const giveUp = (): void => end(succeeded(false));

      const place = this.#places.enter(socket.remoteAddress, () => end(failedBy(tooManyHeld)));
      if (place === undefined) {
        end(failedBy(tooManyHeld));
        return;
      }
      atEnd(() => place.leave());
      this.#stops.add(end);
      atEnd(() => this.#stops.delete(end));
      const timer = setTimeout(giveUp, waitMs);
      atEnd(() => clearTimeout(timer));
      atEnd(onSocketClose(socket, giveUp));
      onClientEnd({ request, response }, giveUp);
      atEnd(visit.onLapse((failure) => end(failedBy(failure))));
      const watching = this.#node.watch({
        prefix,
        after,
        applied: (operations) => {
          if (!isKey || operations.some(({ key }) => key === prefix)) end(succeeded(true));
          return !isOver;
        },
        failed: (failure) => end(this.#withoutLog(failedBy(failure), after)),
      });
      if (watching.ok) atEnd(watching.value.cancel);
      else end(this.#withoutLog(watching, after));
    });
  }

  /** Answers all of them; further ones end at once. */
  close(): void {
    for (const stop of [...this.#stops]) stop(failedBy(stopping));
  }

  #withoutLog(failed: Failed, after: number): Result<boolean> {
    const isOld = failed.failure.code === "COMPACTED" && after < this.#node.applied;
    return isOld ? succeeded(true) : failed;
  }
}
