/** A file of tokens, as `npm run token` makes it. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newToken, type TokenLine } from "../../gateway/access/tokens.ts";

type Rights = Pick<TokenLine, "role"> & Partial<Pick<TokenLine, "prefixes" | "expires">>;

export class TestTokens {
  readonly #directory = mkdtempSync(join(tmpdir(), "quorum-kv-tokens-"));
  readonly path = join(this.#directory, "tokens");
  readonly #lines = new Map<string, string>();

  constructor() {
    writeFileSync(this.path, "", { mode: 0o600 });
  }

  /** Adds a token and returns its text. */
  add(id: string, rights: Rights): string {
    const { text, sha256 } = newToken();
    const line = `${JSON.stringify({ id, ...rights, sha256 })}\n`;
    this.#lines.set(id, line);
    appendFileSync(this.path, line);
    return text;
  }

  remove(id: string): void {
    this.#lines.delete(id);
    writeFileSync(this.path, [...this.#lines.values()].join(""));
  }

  delete(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
