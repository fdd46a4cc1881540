/** The process of `kv`: the one place that touches streams, signals and the environment. */
import { execute } from "./execute.ts";

const stop = new AbortController();
const interrupted = 130;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The second time nobody wants to know what became of it.
    if (stop.signal.aborted) process.exit(interrupted);
    stop.abort();
  });
}
// A reader that has seen enough, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await execute(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: stop.signal,
});
