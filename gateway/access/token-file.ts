/**
 * TOKENS_FILE: read at the start, and again whenever it has changed. A file that is wrong stops the start. Later it
 * changes nothing: the tokens read before stay in force, and the log says so.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Log } from "../../src/node/ports.ts";
import { ShownTokens } from "./shown-tokens.ts";
import { modeFault, readTokens, type Token, TokenRing } from "./tokens.ts";
import type { Holding } from "./visit.ts";

/** Milliseconds between two looks at the file, and at the tokens that have expired. */
const lookIntervalMs = 500;
const fileBytesMax = 4 * 1024 * 1024;

/** What a token file needs. */
interface TokenFileOptions {
  readonly path: string;
  readonly log: Log;
  /** Wall-clock milliseconds since 1970. */
  readonly now: () => number;
}

/** The tokens in force. */
export class TokenFile {
  readonly #options: TokenFileOptions;
  #ring: TokenRing;
  /** Of the tokens in `#ring`. */
  #shown = new ShownTokens();
  #inForce: ReadonlySet<Token>;
  /** What the file was like when it was last read, good or bad. */
  #seen: string;
  /** What it was like at the last look. A file that is being written is not read before it rests. */
  #lookedAt: string;
  /** What to run when a token lapses. */
  readonly #lasting = new Map<Token, Set<() => void>>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;
  /** Why the file could not be used at the last look; empty: it could. */
  #fault = "";

  /** Rejects with one sentence for a file that cannot be used. */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    try {
      const { tokens, seen } = await readFile(options.path);
      return new TokenFile(options, tokens, seen);
    } catch (cause) {
      throw new Error(`TOKENS_FILE ${options.path} cannot be used: ${reasonOf(cause)}`, { cause });
    }
  }

  private constructor(options: TokenFileOptions, tokens: readonly Token[], seen: string) {
    this.#options = options;
    this.#ring = new TokenRing(tokens);
    this.#inForce = new Set(tokens);
    this.#seen = seen;
    this.#lookedAt = seen;
    this.#timer = setInterval(() => this.#lookNext(), lookIntervalMs);
    this.#timer.unref();
  }

  /** The token with this text, if it has not expired. It is found faster on a connection that has shown it before. */
  find(text: string, connection?: object): Token | undefined {
    const shown = connection && this.#shown.find(connection, text);
    const token = shown ?? this.#ring.find(text);
    if (token === undefined || this.#isOver(token)) return undefined;
    if (connection !== undefined && shown === undefined) this.#shown.note(connection, text, token);
    return token;
  }

  /** What a call that lasts asks of its token. */
  holding(token: Token): Holding {
    return {
      isValid: () => this.#inForce.has(token) && !this.#isOver(token),
      onLapse: (run) => {
        const runs = this.#lasting.get(token) ?? new Set();
        this.#lasting.set(token, runs.add(run));
        return () => {
          runs.delete(run);
          if (runs.size === 0 && this.#lasting.get(token) === runs) this.#lasting.delete(token);
        };
      },
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#lasting.clear();
  }

  #lookNext(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look().finally(() => {
      this.#isLooking = false;
    });
  }

  /** Reads the file again if it has changed, and ends what has lapsed. */
  async #look(): Promise<void> {
    const { path, log } = this.#options;
    const before = this.#lookedAt;
    const now = await stat(path).then(markOf, reasonOf);
    this.#lookedAt = now;
    if (now !== this.#seen && now === before) {
      try {
        const { tokens, seen } = await readFile(path);
        this.#seen = seen;
        this.#fault = "";
        this.#replace(tokens);
        log.info({ path, tokens: tokens.length }, "tokens file: read again");
      } catch (error) {
        // A wrong line stays wrong until the file changes; what cannot be read now may be readable in a moment.
        if (!isOfTheSystem(error)) this.#seen = now;
        this.#tell(reasonOf(error));
      }
    }
    this.#endLapsed();
  }

  /** Once for each reason. */
  #tell(reason: string): void {
    if (reason === this.#fault) return;
    this.#fault = reason;
    const { path, log } = this.#options;
    const said = "tokens file: cannot be used; the tokens read before stay in force";
    log.error({ path, reason }, said);
  }

  /** A token that stays as it is stays the same object, and with it what it has admitted. */
  #replace(tokens: readonly Token[]): void {
    const before = new Map([...this.#inForce].map((token) => [wordsOf(token), token]));
    const now = tokens.map((token) => before.get(wordsOf(token)) ?? token);
    this.#ring = new TokenRing(now);
    this.#shown = new ShownTokens();
    this.#inForce = new Set(now);
  }

  #endLapsed(): void {
    for (const [token, runs] of this.#lasting) {
      if (this.#inForce.has(token) && !this.#isOver(token)) continue;
      this.#lasting.delete(token);
      for (const run of runs) run();
    }
  }

  #isOver({ expiresAt }: Token): boolean {
    return expiresAt !== undefined && expiresAt <= this.#options.now();
  }
}

const wordsOf = ({ digest, ...rest }: Token): string =>
  JSON.stringify([rest, digest.toString("hex")]);

/** Everything that changes when a file is written, replaced or opened to others. */
const markOf = (stats: { ino: number; size: number; mtimeMs: number; ctimeMs: number }): string =>
  [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join();

async function readFile(path: string): Promise<{ tokens: readonly Token[]; seen: string }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is not a file");
    const fault = modeFault(stats.mode);
    if (fault !== undefined) throw new Error(fault);
    if (stats.size > fileBytesMax) throw new Error(`it has more than ${fileBytesMax} bytes`);
    return { tokens: readTokens(await file.readFile("utf8")), seen: markOf(stats) };
  } finally {
    await file?.close();
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** For example a full table of open files. */
const isOfTheSystem = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string";
