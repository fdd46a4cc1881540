/**
 * The process of one node: reads the settings, opens the log, starts the node, and stops it on a signal.
 * Exit codes: 0 after a signal, 1 if it cannot start or stop, 2 for a bad setting, 70 for a fatal fault.
 */
import { pino } from "pino";
import { type RunningNode, startNode } from "./assemble.ts";
import { readConfig } from "./config/read.ts";
import { ConfigError } from "./config/refusals.ts";
import { nodeStopMsMax } from "./node/stopping.ts";
import { printable } from "./printable.ts";
import { DataDamaged } from "./storage/disk/format/damage.ts";

const exitCodes = { usage: 2, cannotStart: 1, stopped: 70, forced: 1 } as const;

/** True from the first signal on. */
let ending = false;
/** Undefined until the node has started. */
let running: RunningNode | undefined;
const config = readConfigOrExit();
const standardOutput = pino.destination(1);
/** JSON escapes only some of what a terminal obeys. */
const output = {
  write: (line: string) => void standardOutput.write(`${printable(line.trimEnd())}\n`),
  flushSync: () => standardOutput.flushSync(),
};
const log = pino(
  {
    level: config.logLevel,
    base: { node: config.nodeId },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () =>
      running === undefined
        ? {}
        : { role: running.node.role, epoch: running.node.position().epoch },
  },
  output,
);

process.on("uncaughtException", (error) => {
  if (error instanceof DataDamaged) fatal(error.message);
  log.fatal({ err: error }, "invariant violated or unexpected exception; the node stops");
  process.exit(exitCodes.stopped);
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => void end(signal));
}

if (config.insecure) {
  log.warn(
    { host: config.host, tls: config.tls !== undefined, tokens: config.tokensFile !== "" },
    "INSECURE=1: other machines reach this node, and TLS or tokens are missing; whoever reaches its ports may use them",
  );
}
try {
  running = await startNode({ config, log, fatal });
  const { port, grpcPort, dataDir, writeQuorum } = config;
  log.info(
    { port, grpcPort, dataDir, writeQuorum, url: running.gateway.url },
    "node started; listening for REST and gRPC",
  );
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  log.fatal({ reason }, "node could not start");
  process.exit(exitCodes.cannotStart);
}

function fatal(reason: string): never {
  log.fatal({ reason }, "fatal fault; the node stops");
  process.exit(exitCodes.stopped);
}

/** Stops the node: it answers the requests in progress and flushes. A second signal changes nothing. */
async function end(cause: string): Promise<void> {
  if (ending) return;
  ending = true;
  log.info({ cause }, "node is shutting down");
  setTimeout(() => {
    log.error({ limitMs: nodeStopMsMax }, "shutdown took too long; the node exits now");
    process.exit(exitCodes.forced);
  }, nodeStopMsMax).unref();
  await running?.close();
  log.info({}, "node stopped");
  process.exit(0);
}

/** The settings; a bad one ends the process with its sentence on stderr. */
function readConfigOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${printable(error.message)}\n`);
    return process.exit(exitCodes.usage);
  }
}
