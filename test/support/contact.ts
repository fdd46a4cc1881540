/** Where a client takes the leader to be, and what it learns about that from each reply. */
import type { NodeStatus } from "../../src/node/api.ts";
import type { HttpClient, Question, Reply } from "./http-client.ts";
import type { Dice } from "./random.ts";

/** What a client asks. */
export interface Contact {
  /** `fromLeader`: the reply was made by a node that led, or refuses the question. */
  ask(question: Question): Promise<{ readonly reply: Reply; readonly fromLeader: boolean }>;
}

/** Always the same node, which is the only one that leads. */
export const fixedContact = (client: HttpClient, url: string): Contact => ({
  ask: async (question) => ({ reply: await client.ask(url, question), fromLeader: true }),
});

/** Any node, for questions that each must answer alike. */
export const anyContact = (
  client: HttpClient,
  urls: readonly [string, ...string[]],
  dice: Dice,
): Contact => ({
  ask: async (question) => ({
    reply: await client.ask(dice.pick(urls), question),
    fromLeader: true,
  }),
});

const STATUS_WITHIN_MS = 2000;

/** A client that goes to the node it is told of, and tries the next one where it is told of none. */
export class RoamingContact implements Contact {
  readonly #client: HttpClient;
  readonly #urls: readonly string[];
  /** Stays with a node that does not answer, until it is told of another one. */
  readonly #stubborn: boolean;
  #url: string;
  /** In which the node at `#url` led when it was last asked; undefined: it did not, or was not asked. */
  #epoch: number | undefined;

  constructor(
    client: HttpClient,
    urls: readonly [string, ...string[]],
    options: { readonly stubborn?: boolean } = {},
  ) {
    this.#client = client;
    this.#urls = urls;
    this.#stubborn = options.stubborn ?? false;
    this.#url = urls[0];
  }

  get url(): string {
    return this.#url;
  }

  async ask(question: Question): Promise<{ reply: Reply; fromLeader: boolean }> {
    const isRead = question.method === "GET" || question.path === "/read";
    const before = isRead ? (this.#epoch ?? (await this.#ledEpoch())) : undefined;
    const reply = await this.#client.ask(this.#url, question);
    // No node leads twice in one epoch: what it answered in between, it answered as the leader.
    const after = isRead && reply.type === "answer" ? await this.#ledEpoch() : undefined;
    const fromLeader = !isRead || (before !== undefined && before === after);
    this.#epoch = after;
    this.#learn(reply, fromLeader);
    return { reply, fromLeader };
  }

  /** The epoch in which the node leads now; undefined: it does not. */
  async #ledEpoch(): Promise<number | undefined> {
    const question = { method: "GET", path: "/status", timeoutMs: STATUS_WITHIN_MS } as const;
    const reply = await this.#client.ask(this.#url, question);
    if (reply.type !== "answer" || reply.status !== 200) {
      return undefined;
    }
    const { role, epoch } = reply.body as unknown as NodeStatus;
    return role === "leader" ? epoch : undefined;
  }

  #learn(reply: Reply, fromLeader: boolean): void {
    if (reply.type === "answer") {
      const { leaderUrl, code } = reply.body ?? {};
      if (reply.status === 421 && typeof leaderUrl === "string") {
        this.#goTo(leaderUrl);
      } else if (code === "NO_LEADER" || code === "SHUTTING_DOWN" || !fromLeader) {
        this.#goOn();
      } else if ((reply.status === 503 || reply.status === 504) && !this.#stubborn) {
        this.#goOn();
      }
    } else if (reply.type === "unreachable" || !this.#stubborn) {
      this.#goOn();
    }
  }

  /** To the next node of the list. */
  #goOn(): void {
    const next = (this.#urls.indexOf(this.#url) + 1) % this.#urls.length;
    this.#goTo(this.#urls[next] ?? this.#url);
  }

  #goTo(url: string): void {
    this.#url = url;
    this.#epoch = undefined;
  }
}
