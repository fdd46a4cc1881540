/** Runs the command line as a user does: a process, its streams and its exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../simulation/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  /** Resolves once standard error holds the text; rejects when the run ends without it. */
  untilSaid(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

export function startCli(...words: readonly string[]): Run {
  const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let heard = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    heard();
  });
  const ended = once(child, "close").then(([code]) => ({ code, stdout, stderr }) as Ended);
  const untilSaid = (text: string) =>
    new Promise<void>((resolve, reject) => {
      heard = () => {
        if (stderr.includes(text)) resolve();
      };
      heard();
      void ended.then(() => reject(new Error(`ended without saying ${text}: ${stderr}`)));
    });
  return { child, untilSaid, ended };
}

export const runCli = (...words: readonly string[]): Promise<Ended> => startCli(...words).ended;
