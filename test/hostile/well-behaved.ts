/** A client that does nothing wrong while others do, and a watch on the memory of every node. */
import { setTimeout as wait } from "node:timers/promises";
import { type Client, credentials } from "@grpc/grpc-js";
import { KVClient } from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";
import type { Cluster } from "../support/cluster.ts";
import { HttpClient, type Reply } from "../support/http-client.ts";

/** A node that answers later than this has stopped answering, however busy the machine is. */
const patienceMs = 120_000;

export interface Observation {
  readonly calls: number;
  readonly errors: readonly string[];
  /** Highest resident memory of any node, in MiB. */
  readonly peakMemoryMiB: number;
}

/** Writes and reads over REST and gRPC until it is stopped. */
export class WellBehavedClient {
  readonly #http = new HttpClient();
  readonly #grpc: KVClient;
  readonly #cluster: Cluster;
  readonly #stopping = new AbortController();
  readonly #loops: readonly Promise<void>[];
  readonly #errors: string[] = [];
  #calls = 0;
  /** Of its whole life, and whoever waits for more of them. */
  #completed = 0;
  #waiting: { readonly at: number; reached(): void }[] = [];
  #peakMemoryMiB = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#grpc = new KVClient(`127.0.0.1:${cluster.leader.grpcPort}`, credentials.createInsecure());
    this.#loops = [this.#live(), this.#watchMemory()];
  }

  /** What happened since the last look. */
  look(): Observation {
    const seen = {
      ...{ calls: this.#calls, errors: [...this.#errors] },
      peakMemoryMiB: this.#peakMemoryMiB,
    };
    this.#errors.length = 0;
    this.#calls = 0;
    this.#peakMemoryMiB = 0;
    return seen;
  }

  /** Resolves when so many more rounds of writing and reading than now have been completed. */
  progress(more: number): Promise<void> {
    return new Promise((reached) => {
      this.#waiting.push({ at: this.#completed + more, reached });
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
    this.#http.close();
    (this.#grpc as Client).close();
  }

  async #live(): Promise<void> {
    for (let number = 0; !this.#stopping.signal.aborted; number += 1) {
      await this.#writeAndRead(number);
      this.#calls += 1;
      this.#completed += 1;
      for (const { at, reached } of this.#waiting) if (this.#completed >= at) reached();
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#completed);
      await wait(20);
    }
  }

  async #writeAndRead(number: number): Promise<void> {
    const { leader, followers } = this.#cluster;
    const timeoutMs = patienceMs;
    const body = { key: "well-behaved", value: number, timeoutMs };
    const write = { method: "PUT", path: "/write", body, timeoutMs } as const;
    const written = await this.#http.ask(leader.url, write);
    if (written.type !== "answer" || written.status !== 200) {
      this.#errors.push(`write: ${JSON.stringify(written)}`);
      return;
    }
    const version = written.body?.["version"];
    for (const node of [leader, ...followers]) {
      const path = `/read?key=well-behaved&minVersion=${version}`;
      const read = await this.#readOnce(node.url, path);
      if (read.type !== "answer" || read.status !== 200 || read.body?.["value"] !== number) {
        this.#errors.push(`read from ${node.id}: ${JSON.stringify(read)}`);
      }
    }
    await new Promise<void>((resolve) => {
      this.#grpc.read({ key: "well-behaved" }, (error, response) => {
        if (error !== null || response?.entry?.value !== String(number)) {
          this.#errors.push(`gRPC read: ${error?.message ?? JSON.stringify(response)}`);
        }
        resolve();
      });
    });
  }

  /** A follower of a busy machine may not have applied the version yet: it says so, and is asked again. */
  async #readOnce(url: string, path: string): Promise<Reply> {
    for (;;) {
      const reply = await this.#http.ask(url, { method: "GET", path, timeoutMs: patienceMs });
      const isLate = reply.type === "answer" && reply.body?.["code"] === "RECOVERING";
      if (!isLate) return reply;
    }
  }

  async #watchMemory(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      for (const node of this.#cluster.nodes) {
        const text = await fetch(`${node.url}/metrics`).then(
          (response) => response.text(),
          (error: unknown) => String(error),
        );
        const bytes = /^process_resident_memory_bytes\S* (\S+)/m.exec(text)?.[1];
        if (bytes === undefined) {
          this.#errors.push(`metrics of ${node.id}: ${text.slice(0, 200)}`);
        }
        this.#peakMemoryMiB = Math.max(this.#peakMemoryMiB, Number(bytes ?? 0) / 2 ** 20);
      }
      await wait(250);
    }
  }
}
