/**
 * Where the leader is reached: at its own URL where that answers, else through another node. The
 * way is looked for with reads alone, so a write is never sent to a node that may not answer.
 */
import { answerOf } from "./answers.ts";
import { Deadline } from "./deadline.ts";
import { baseOf, type Endpoints } from "./endpoints.ts";
import { isKVError, KVError } from "./errors.ts";
import { exchange, type Fetch } from "./exchange.ts";

export interface Route {
  /** Paths follow it. */
  readonly base: string;
  /** The node that is really asked. */
  readonly endpoint: string;
  /** False: while no leader was known. The next call looks again. */
  readonly lasting: boolean;
}

interface View {
  readonly leader: string;
  readonly servedBy: string;
  readonly fromLeader: boolean;
  readonly nodes: readonly { readonly id: string; readonly url: string }[];
}

interface Found {
  readonly endpoint: string;
  readonly view: View;
}

interface Parts {
  readonly endpoints: Endpoints;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
}

/** Milliseconds that a node may take to say who leads, and before the next one is asked as well. */
const askMs = 3000;
const hedgeMs = 300;
/** Milliseconds that the leader's own URL may take to answer. */
const reachMs = 1000;

export class Routes {
  readonly #parts: Parts;
  #known: Route | undefined;
  /** URLs that once led to the leader, and then did not. */
  readonly #turning = new Set<string>();
  #looking: Promise<Route | KVError> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get known(): Route | undefined {
    return this.#known;
  }

  /** Calls that look at the same time look together. */
  toLeader(): Promise<Route | KVError> {
    if (this.#known !== undefined) return Promise.resolve(this.#known);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** That way did not lead to the leader. A newer one stays. */
  forget(route: Route): void {
    if (this.#known !== route) return;
    this.#known = undefined;
    this.#turning.add(route.base);
  }

  async #look(): Promise<Route | KVError> {
    const { endpoints } = this.#parts;
    const found = await this.#firstView(endpoints.ordered());
    if (isKVError(found)) return found;
    const { endpoint, view } = found;
    const through = { base: `${endpoint}/nodes/@leader`, endpoint };
    if (!view.fromLeader) return { ...through, lasting: false };
    for (const { url } of view.nodes) endpoints.learn(url);
    const direct = await this.#direct(found);
    const way = direct === undefined ? through : { base: direct, endpoint: direct };
    this.#known = { ...way, lasting: true };
    return this.#known;
  }

  /** A URL that is the leader's own and answers; undefined: there is none. */
  async #direct({ endpoint, view }: Found): Promise<string | undefined> {
    const text = view.nodes.find(({ id }) => id === view.leader)?.url ?? "";
    const url = URL.canParse(text) ? baseOf(text) : "";
    if (url === endpoint) return endpoint;
    if (this.#parts.endpoints.has(url) && !isKVError(await this.#view(url, reachMs))) return url;
    // Behind one URL there may be several nodes: it is not taken for the leader's twice.
    return view.servedBy === view.leader && !this.#turning.has(endpoint) ? endpoint : undefined;
  }

  /** The first node that knows the leader; else one that answers. They are asked one after another, but not for long. */
  #firstView(urls: readonly string[]): Promise<Found | KVError> {
    return new Promise((resolve) => {
      let asked = 0;
      let open = 0;
      let fallback: Found | KVError = new KVError("UNREACHABLE", "no endpoint answers");
      let hedge: ReturnType<typeof setTimeout> | undefined;
      const next = () => {
        clearTimeout(hedge);
        const endpoint = urls[asked];
        if (endpoint === undefined) {
          if (open === 0) resolve(fallback);
          return;
        }
        asked += 1;
        open += 1;
        hedge = setTimeout(next, hedgeMs);
        void this.#view(endpoint).then((view) => {
          open -= 1;
          if (isKVError(view)) {
            // A refusal, such as of a token, says more than silence.
            if (view.status && view.code !== "UNEXPECTED_ANSWER" && isKVError(fallback))
              fallback = view;
          } else if (view.fromLeader) {
            clearTimeout(hedge);
            resolve({ endpoint, view });
            return;
          } else if (isKVError(fallback)) fallback = { endpoint, view };
          next();
        });
      };
      next();
    });
  }

  /** What that node knows. */
  async #view(endpoint: string, limitMs = askMs): Promise<View | KVError> {
    const { endpoints, fetch, headers } = this.#parts;
    const deadline = new Deadline(limitMs);
    const request = { method: "GET", url: `${endpoint}/cluster`, headers };
    const answer = answerOf(await exchange(fetch, request, deadline), {
      ...{ kind: "read", endpoint, deadline },
      isShape: ({ leader, nodes }) => typeof leader === "string" && Array.isArray(nodes),
    });
    deadline.dispose();
    if (isKVError(answer)) endpoints.failed(endpoint);
    else endpoints.worked(endpoint);
    return isKVError(answer) ? answer : (answer.body as View);
  }
}
