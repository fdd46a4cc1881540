/** The promises of the Storage port, as tests that every implementation runs. */
import { afterEach, beforeEach, describe } from "vitest";
import type { Storage } from "../../src/node/ports.ts";
import { testCopies } from "./contract/copies.ts";
import { testIncoming } from "./contract/incoming.ts";
import { testLists } from "./contract/lists.ts";
import { testLog } from "./contract/log.ts";
import { testRestart } from "./contract/restart.ts";
import { testStore } from "./contract/store.ts";
import { testWrites } from "./contract/writes.ts";
import type { Current, Restart } from "./support.ts";

/** An implementation of the port under test. */
export interface Subject {
  /** Opens an empty storage. */
  open(): Promise<Storage>;
  /** Opens the same data again, after the storage was closed; undefined where none is kept. */
  reopen: (() => Promise<Storage>) | undefined;
  dispose(): Promise<void>;
}

/** Declares the tests. `createSubject` is called once for each of them. */
export function storageContract(name: string, createSubject: () => Subject): void {
  describe(`${name} keeps the storage contract`, () => {
    let subject: Subject;
    let storage: Storage;
    beforeEach(async () => {
      subject = createSubject();
      storage = await subject.open();
    });
    afterEach(async () => {
      await storage.close();
      await subject.dispose();
    });
    const current: Current = () => storage;
    const restart: Restart = async () => {
      if (!subject.reopen) return false;
      await storage.close();
      storage = await subject.reopen();
      return true;
    };
    describe("writes and hard state", () => testWrites(current));
    describe("log", () => testLog(current, restart));
    describe("store", () => testStore(current, restart));
    describe("lists", () => testLists(current));
    describe("copies", () => testCopies(current));
    describe("incoming store", () => testIncoming(current, restart));
    describe("restart", () => testRestart(current, restart));
  });
}
