/**
 * Which nodes there are to ask, and in which order. The caller's endpoints come first; members that
 * the cluster names are asked too, so that a client survives the endpoints it was given.
 */

/** How long one that failed waits behind the others, in milliseconds. */
const restMs = 2000;
/** Members beyond this many are not of one cluster. */
const endpointsMax = 64;

interface Endpoint {
  readonly url: string;
  /** Instant of its last failure; undefined: it has answered since, or was not asked. */
  failedAt?: number | undefined;
}

export class Endpoints {
  readonly #all = new Map<string, Endpoint>();
  readonly #learns: boolean;
  readonly #protocol: string;

  /** Throws a TypeError for what is not an http or https URL. */
  constructor(given: readonly string[], learns: boolean) {
    for (const text of given) {
      const url = baseOf(text);
      this.#all.set(url, { url });
    }
    const [first] = this.#all.keys();
    if (first === undefined) throw new TypeError("endpoints must name at least one URL");
    this.#protocol = new URL(first).protocol;
    this.#learns = learns;
  }

  /** The best first: those that did not fail lately, in the order given; then whose failure is oldest. */
  ordered(): string[] {
    const restedAt = performance.now() - restMs;
    const rank = ({ failedAt = 0 }: Endpoint) => (failedAt < restedAt ? 0 : failedAt);
    return [...this.#all.values()]
      .sort((one, other) => rank(one) - rank(other))
      .map(({ url }) => url);
  }

  has(url: string): boolean {
    return this.#all.has(url);
  }

  failed(url: string): void {
    const endpoint = this.#all.get(url);
    if (endpoint !== undefined) endpoint.failedAt = performance.now();
  }

  worked(url: string): void {
    const endpoint = this.#all.get(url);
    if (endpoint !== undefined) endpoint.failedAt = undefined;
  }

  /** Adds a member of the cluster. One of another protocol is not asked: a token stays encrypted. */
  learn(text: string): void {
    if (!this.#learns || this.#all.size >= endpointsMax || !URL.canParse(text)) return;
    if (new URL(text).protocol !== this.#protocol) return;
    const url = baseOf(text);
    if (!this.#all.has(url)) this.#all.set(url, { url });
  }
}

/** The URL without a slash at its end, so that paths can follow it. */
export function baseOf(text: string): string {
  if (!URL.canParse(text)) throw new TypeError(`endpoint "${text}" is not a URL`);
  const { protocol, origin, pathname, username } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(`endpoint "${text}" must begin with http:// or https://`);
  }
  if (username !== "") throw new TypeError("an endpoint must not hold a user; use `token`");
  return origin + pathname.replace(/\/+$/, "");
}
