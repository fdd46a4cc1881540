/**
 * GET /cluster: the leader's view of every node, from any node. A follower asks the gateway of the
 * leader, once for all clients that ask at the same time. Without an answer it shows what it knows
 * itself (`fromLeader` is false).
 */
import { get } from "node:http";
import type { ClusterView } from "../../src/node/api.ts";
import { carriedCredential } from "../access/rest-approach.ts";
import { json, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { clusterDoc } from "../openapi/calls/cluster.ts";
import type { Peer, Peers } from "../peers.ts";
import { readQuery } from "../requests/query.ts";

/** Milliseconds and bytes that the answer of the leader may take. */
const askTimeoutMs = 1000;
const viewBytesMax = 1024 * 1024;
/** Marks a request from another gateway: it is answered here, so that no two nodes ask each other. */
const askedHeader = "x-kv-asked-by";

type Headers = Readonly<Record<string, string>>;

/**
 * `peers`: how to reach the leader. It is shown the token of the first who asks: all others who get the
 * answer have one that permits it too.
 */
export function clusterEndpoint(context: Context, peers: Peers): Endpoint {
  let asked: Promise<string | undefined> | undefined;
  const askLeader = (leader: Peer, credential: Headers): Promise<string | undefined> => {
    const headers = { ...credential, [askedHeader]: context.node.id };
    asked ??= fetchView({ leader, peers, headers }).finally(() => {
      asked = undefined;
    });
    return asked;
  };
  return {
    path: "/cluster",
    methods: {
      GET: {
        ...{ needs: "read", doc: clusterDoc },
        handle: async (request) => {
          const query = readQuery(request.url, []);
          if (!query.ok) return refusal(query.failure);
          const own = () => json<ClusterView>(context.node.cluster());
          if (context.node.role === "leader" || request.headers[askedHeader] !== undefined) {
            return own();
          }
          const { leader } = context.node.status();
          const url =
            leader === "" || leader === context.node.id ? undefined : context.node.peerUrl(leader);
          const view =
            url === undefined
              ? undefined
              : await askLeader({ id: leader, url }, carriedCredential(request));
          return view === undefined ? own() : ok(view);
        },
      },
    },
  };
}

/** The answer of the leader as it came; undefined when there is none that can be used. */
const fetchView = (to: {
  readonly leader: Peer;
  readonly peers: Peers;
  readonly headers: Headers;
}): Promise<string | undefined> =>
  new Promise((resolve) => {
    const nothing = () => resolve(undefined);
    const asking = get(new URL("/cluster", to.leader.url), {
      agent: to.peers.agent(to.leader),
      headers: to.headers,
      signal: AbortSignal.timeout(askTimeoutMs),
    });
    asking.on("error", nothing);
    asking.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", nothing);
      response.on("close", nothing);
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > viewBytesMax) asking.destroy();
      });
      response.on("end", () => resolve(isView(response.statusCode, text) ? text : undefined));
    });
  });

/** Whether the answer is a view that its node made as the leader. */
function isView(status: number | undefined, text: string): boolean {
  if (status !== 200) return false;
  try {
    const view: unknown = JSON.parse(text);
    return typeof view === "object" && view !== null && "fromLeader" in view && !!view.fromLeader;
  } catch {
    return false;
  }
}
