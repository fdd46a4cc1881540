/** How this gateway reaches those of other members: with TLS or in plaintext, as their addresses say. */
import { type AgentOptions, Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { Credentials } from "../src/tls/credentials.ts";
import { notThisMember } from "../src/tls/judge.ts";
import { memberServerName } from "../src/tls/member-name.ts";

/** Another member, and where its gateway is. */
export interface Peer {
  readonly id: string;
  readonly url: string;
}

/** Closed by whoever created it. */
export interface Peers {
  /** Keeps connections to this member. */
  agent(peer: Peer): PlainAgent;
  /** For one question, on a connection of its own. */
  freshAgent(peer: Peer): PlainAgent;
  close(): void;
}

const kept: AgentOptions = { keepAlive: true, maxFreeSockets: 64 };

export function createPeers(credentials: Credentials | undefined): Peers {
  const plain = new PlainAgent(kept);
  const secured = new Map<string, PlainAgent>();
  const create = (id: string, options: AgentOptions): PlainAgent =>
    credentials === undefined
      ? new TlsAgent(options)
      : new MemberAgent({ id, credentials, options });
  return {
    agent: ({ id, url }) => {
      if (!isSecure(url)) return plain;
      const agent = secured.get(id) ?? create(id, kept);
      secured.set(id, agent);
      return agent;
    },
    freshAgent: ({ id, url }) => (isSecure(url) ? create(id, {}) : new PlainAgent()),
    close: () => {
      for (const agent of [plain, ...secured.values()]) agent.destroy();
    },
  };
}

const isSecure = (url: string): boolean => /^https:/i.test(url);

/** Believes that one member alone, by its certificate, whatever its host is called. */
class MemberAgent extends TlsAgent {
  readonly #id: string;
  readonly #credentials: Credentials;

  constructor(member: { id: string; credentials: Credentials; options: AgentOptions }) {
    super(member.options);
    this.#id = member.id;
    this.#credentials = member.credentials;
  }

  override createConnection(options: ConnectionOptions): TLSSocket {
    return connect({
      ...options,
      // The certificate that is in force now.
      secureContext: this.#credentials.member.context,
      servername: memberServerName,
      rejectUnauthorized: true,
      checkServerIdentity: (_host, { subjectaltname }) => notThisMember(this.#id, subjectaltname),
    });
  }
}
