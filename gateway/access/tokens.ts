/**
 * Tokens: random text that a client shows with each call. The file holds a hash of each, so whoever reads the file
 * cannot use them. One hash without salt is enough, because nobody can list all texts of 256 random bits.
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { idRange, idSyntax } from "../../src/config/ids.ts";
import { keyBytesMax } from "../../src/request-limits.ts";
import { type Role, roles } from "./caller.ts";

/** One token, without its text. */
export interface Token {
  readonly id: string;
  readonly role: Role;
  /** What the keys start with that it is for; undefined: all keys. */
  readonly prefixes: readonly string[] | undefined;
  /** SHA-256 of its text. */
  readonly digest: Buffer;
  /** Wall-clock milliseconds since 1970; undefined: it does not expire. */
  readonly expiresAt: number | undefined;
}

/** Tokens that a file may hold. */
const tokensMax = 10_000;

const prefixText = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= keyBytesMax);

/** One line of the file. */
const lineSchema = z.strictObject({
  id: z.string().regex(idSyntax, { error: `must be ${idRange}` }),
  role: z.enum(roles),
  prefixes: z.array(prefixText).min(1).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: "must be 64 hexadecimal digits" }),
  expires: z.iso.datetime({ offset: true }).optional(),
});

/** What a line of the file says, as its command writes it. */
export type TokenLine = z.infer<typeof lineSchema>;

/** The text of a new token, which nothing but its owner keeps, and its hash for the file. */
export function newToken(): { readonly text: string; readonly sha256: string } {
  const text = `kv_${randomBytes(32).toString("base64url")}`;
  return { text, sha256: digestOf(text).toString("hex") };
}

/** What is wrong with the mode of a token file; its group may read it, as containers need. */
export function modeFault(mode: number): string | undefined {
  if ((mode & 0o027) === 0) return undefined;
  const shown = (mode & 0o777).toString(8).padStart(3, "0");
  return `others can read or change it (mode ${shown}); chmod 600 mends that`;
}

/** Throws with one sentence for a line of another form, and for an id or a hash that occurs twice. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const { id, role, prefixes, sha256, expires } = readLine(line, index + 1);
    const twice = [id, sha256].find((one) => seen.has(one));
    if (twice !== undefined) throw new Error(`line ${index + 1} repeats ${twice}`);
    if (tokens.length >= tokensMax) throw new Error(`it has more than ${tokensMax} tokens`);
    seen.add(id).add(sha256);
    const expiresAt = expires === undefined ? undefined : Date.parse(expires);
    tokens.push({ id, role, prefixes, digest: Buffer.from(sha256, "hex"), expiresAt });
  }
  return tokens;
}

function readLine(line: string, number: number): TokenLine {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    throw new Error(`line ${number} is not JSON`);
  }
  const parsed = lineSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`line ${number}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim());
}

/** Asked for as text, which Node calls binary, the hash takes half as long as in a buffer made by Node. */
const digestOf = (text: string): Buffer => Buffer.from(hash("sha256", text, "binary"), "latin1");

/** All tokens of a file, to be looked up by their text. */
export class TokenRing {
  /** By the start of the digest, so that a lookup does not take longer the more tokens there are. */
  readonly #byStart = new Map<number, Token[]>();

  constructor(tokens: readonly Token[]) {
    for (const token of tokens) {
      const start = token.digest.readUIntBE(0, 6);
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), token]);
    }
  }

  /**
   * The token with this text. Digests are compared in constant time. What the lookup by their start may leak is
   * about the digest of the caller's own text, from which no other text can be found.
   */
  find(text: string): Token | undefined {
    const digest = digestOf(text);
    let found: Token | undefined;
    for (const token of this.#byStart.get(digest.readUIntBE(0, 6)) ?? []) {
      if (timingSafeEqual(token.digest, digest)) found = token;
    }
    return found;
  }
}
