/** A file of tokens, as `npm run token` makes it. */
import { createHash } from "node:crypto";
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

  /** Adds a token and returns its text: a new one, or that of an example. */
  add(id: string, rights: Rights, example?: string): string {
    const fresh = newToken();
    const text = example ?? fresh.text;
    const sha256 =
      example === undefined ? fresh.sha256 : createHash("sha256").update(example).digest("hex");
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
