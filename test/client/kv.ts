/** `kv` for tests: as a process, and inside this one with streams of the test's own. */
import { type ChildProcess, execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import { execute } from "../../client/cli/execute.ts";

const program = join(resolve(import.meta.dirname, "../.."), "client/bin/kv.mjs");

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts it; `ended` resolves whatever its exit code. */
export function startKv(
  endpoints: string,
  words: readonly string[],
  node: string = process.execPath,
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const env = { PATH: process.env["PATH"], KV_ENDPOINTS: endpoints };
  let child: ChildProcess | undefined;
  const ended = new Promise<Ran>((resolve) => {
    child = execFile(node, [program, ...words], { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, stdout, stderr });
    });
  });
  if (child === undefined) throw new Error("execFile starts at once");
  child.stdin?.end();
  return { child, ended };
}

interface Surroundings {
  readonly input?: string;
  /** Whether its output looks like a terminal to it. */
  readonly isTTY?: boolean;
}

/** Runs it in this process, which is faster than a process of its own. */
export async function runKv(
  endpoints: string,
  words: readonly string[],
  { input = "", isTTY = false }: Surroundings = {},
): Promise<Ran> {
  const [stdout, stderr] = [new Collected(isTTY), new Collected(isTTY)];
  const code = await execute(words, {
    stdin: Readable.from([Buffer.from(input)]),
    ...{ stdout, stderr, signal: new AbortController().signal },
    env: { KV_ENDPOINTS: endpoints, NO_COLOR: "1" },
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collected extends Writable {
  readonly isTTY: boolean;
  readonly columns = 80;
  text = "";

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
