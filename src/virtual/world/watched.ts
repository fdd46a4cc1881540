/** What somebody hears who watches a virtual cluster. Whoever listens changes nothing. */
import type { Result } from "../../errors.ts";
import type { KeyPage, KeysView, KeyValue, WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { Storage, StorageBatch } from "../../node/ports.ts";
import type { Node } from "../../node/roles/node.ts";
import type { NodeId } from "../../replication/types.ts";

/** A call of a client, as it reaches a node, and its answer. */
export type ClientCall =
  | { readonly type: "write"; readonly request: WriteRequest }
  | { readonly type: "read"; readonly keys: readonly string[] }
  | { readonly type: "list"; readonly prefix: string };
export type ClientAnswer = Result<WriteReceipt | KeyValue | KeysView | KeyPage>;

export interface ClusterWatch {
  started(id: NodeId): void;
  /** Its process died. */
  crashed(id: NodeId): void;
  /** It asks its disk to flush this. */
  flushing(id: NodeId, batch: StorageBatch): void;
  /** Its disk holds something else than before. */
  flushed(id: NodeId): void;
  /** Returns what is called with the answer. */
  called(id: NodeId, call: ClientCall): (answer: ClientAnswer) => void;
  logged(id: NodeId, line: string): void;
}

/** The same storage, watched. */
export function watchedStorage(id: NodeId, storage: Storage, watch: ClusterWatch): Storage {
  return {
    ...storage,
    write: (batch, done) => {
      watch.flushing(id, batch);
      storage.write(batch, (fault) => {
        watch.flushed(id);
        done(fault);
      });
    },
    incoming: {
      ...storage.incoming,
      install: (end, done) =>
        storage.incoming.install(end, (fault) => {
          watch.flushed(id);
          done(fault);
        }),
    },
  };
}

/** The same node as its clients see it, watched. An answer is heard of before its client is told. */
export function watchedNode(node: Node, watch: ClusterWatch): Node {
  const heard = <T extends ClientAnswer>(call: ClientCall, ask: () => T | Promise<T>) => {
    const told = watch.called(node.id, call);
    const answer = ask();
    if (answer instanceof Promise) void answer.then(told);
    else told(answer);
    return answer;
  };
  const calls: Partial<Node> = {
    submit: (request, answer) => {
      const told = watch.called(node.id, { type: "write", request });
      node.submit(request, (result) => {
        told(result);
        answer(result);
      });
    },
    read: (query) => heard({ type: "read", keys: [query.key] }, () => node.read(query)),
    readMany: (query) => heard({ type: "read", keys: query.keys }, () => node.readMany(query)),
    list: (query) => heard({ type: "list", prefix: query.prefix }, () => node.list(query)),
  };
  return new Proxy(node, {
    get(target, name) {
      const own: unknown = Reflect.get(calls, name) ?? Reflect.get(target, name, target);
      return typeof own === "function" && !Object.hasOwn(calls, name) ? own.bind(target) : own;
    },
  });
}
