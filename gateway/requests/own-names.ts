/**
 * Which names a request may call this node by, and from which pages it may come.
 *
 * A hostile page can make a browser send requests to this node: under a name that resolves to this node
 * (DNS rebinding), or across origins. The browser reports the name in Host and the page in Origin.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Config } from "../../src/config/config.ts";
import { type Failure, failureOf } from "../../src/errors.ts";
import { readingMethods } from "./methods.ts";
import { quote } from "./query.ts";

/** Spellings of own hosts that are remembered, so that a request costs one lookup. */
const rememberedMax = 100;
/** Targets that hold a connection for as long as their client likes: event streams, and reads with `wait`. */
const lastingTarget = /\/(?:events|watch)(?:\?|$)|[?&](?:w|%77)(?:a|%61)(?:i|%69)(?:t|%74)=/;

/** Where a request may start that names no origin: this node's page, or the user. */
const ownSites: ReadonlySet<string> = new Set(["same-origin", "none"]);

/** The names of one node. */
export class OwnNames {
  readonly #names: ReadonlySet<string>;
  /** Of ADVERTISE_URL: host and port, as `URL` writes them. */
  readonly #advertised: string;
  readonly #remembered = new Set<string>();

  constructor({
    nodes,
    advertiseUrl,
    allowedHosts,
  }: Pick<Config, "nodes" | "advertiseUrl" | "allowedHosts">) {
    const { host, hostname } = new URL(advertiseUrl);
    const members = nodes.map((member) => member.host);
    this.#advertised = host;
    this.#names = new Set(
      ["localhost", hostname, ...members, ...allowedHosts].map((name) => name.toLowerCase()),
    );
  }

  /** MISDIRECTED for a request that names another host or comes from another origin. */
  objection(request: IncomingMessage): Failure | undefined {
    const { host, origin } = request.headers;
    // Only HTTP/1.0 may leave it out, which no browser speaks.
    if (host !== undefined && !this.#isOwnHost(host)) {
      return failureOf("MISDIRECTED", `Host ${quote(host)} does not name this node. ${allowed}`);
    }
    if (!this.#asksForMoreThanReads(request)) return undefined;
    if (origin === undefined) {
      // Not every request of a page names its origin, but browsers say where each one starts.
      const site = request.headers["sec-fetch-site"] ?? "none";
      return ownSites.has(site)
        ? undefined
        : failureOf("MISDIRECTED", `A page that is ${quote(site)} asks for it. ${allowed}`);
    }
    return this.#isOwnOrigin(origin, host)
      ? undefined
      : failureOf(
          "MISDIRECTED",
          `${quote(origin)} is not the origin of this node's page. ${allowed}`,
        );
  }

  /** A page elsewhere cannot read the answer to a plain read. */
  #asksForMoreThanReads({ method = "", url = "" }: IncomingMessage): boolean {
    return !readingMethods.has(method) || lastingTarget.test(url);
  }

  #isOwnHost(host: string): boolean {
    if (this.#remembered.has(host)) return true;
    const { hostname } = parse(`http://${host}`, host) ?? {};
    const isOwn = hostname !== undefined && this.#isOwnName(hostname);
    if (isOwn && this.#remembered.size < rememberedMax) this.#remembered.add(host);
    return isOwn;
  }

  /** An address cannot be made to point elsewhere, so all of them will do. */
  #isOwnName(name: string): boolean {
    return isIP(name.replace(/^\[|\]$/g, "")) !== 0 || this.#names.has(name.replace(/\.$/, ""));
  }

  /** The page that sends it was loaded from where it sends to, or from an address of this node's. */
  #isOwnOrigin(origin: string, host: string | undefined): boolean {
    const url = parse(origin, origin.replace(/^https?:\/\//, ""));
    if (url === undefined || !this.#isOwnName(url.hostname)) return false;
    return url.host === this.#advertised || url.host === parse(`${url.protocol}//${host}`)?.host;
  }
}

const allowed =
  "Nothing was done. Allowed are IP addresses, localhost, and the hosts in ADVERTISE_URL, NODES and ALLOWED_HOSTS.";

/** A URL that consists of scheme, host and port only. `authority`: how the host must have been written. */
function parse(text: string, authority?: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isHttp = url.protocol === "http:" || url.protocol === "https:";
  const isBare = url.username === "" && url.password === "" && url.pathname === "/";
  const isWhole = isBare && url.search === "" && url.hash === "";
  // What the parser repairs, such as a path or a tab, is no host.
  const isPlain = authority === undefined || /^[A-Za-z0-9._:[\]-]+$/.test(authority);
  return isHttp && isWhole && isPlain ? url : undefined;
}
