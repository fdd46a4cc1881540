/**
 * The right token that each connection has shown last. A client shows the same one with every request, and to hash it
 * again each time would be most of what tokens cost a read (measured).
 */
import type { Token } from "./tokens.ts";

/** Units of a text that is remembered; those of `newToken` have fewer. */
const lengthMax = 256;

interface Shown {
  readonly units: Uint16Array;
  readonly token: Token;
}

/** Remembers one token for each connection, as long as there is the connection. Dropped whole once the file changes. */
export class ShownTokens {
  readonly #byConnection = new WeakMap<object, Shown>();

  /** The token, if the connection has shown this very text before. */
  find(connection: object, text: string): Token | undefined {
    const shown = this.#byConnection.get(connection);
    return shown !== undefined && isText(shown.units, text) ? shown.token : undefined;
  }

  /** The text was found to be that of the token. */
  note(connection: object, text: string, token: Token): void {
    if (text.length > lengthMax) return;
    const units = Uint16Array.from(text, (_, at) => text.charCodeAt(at));
    this.#byConnection.set(connection, { units, token });
  }
}

/**
 * In constant time: behind a proxy, clients share a connection, and none may find out another one's text. How long that
 * is tells nothing.
 */
function isText(units: Uint16Array, text: string): boolean {
  if (text.length !== units.length) return false;
  let difference = 0;
  for (let at = 0; at < units.length; at += 1) difference |= text.charCodeAt(at) ^ (units[at] ?? 0);
  return difference === 0;
}
