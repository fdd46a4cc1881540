/**
 * `npm start`: runs a whole cluster on this machine, one process for each node, until Ctrl-C. Exit codes:
 * 0 when all nodes stopped in time, 1 when one was killed or a port is taken, 2 for a bad option.
 */
import { fileURLToPath } from "node:url";
import { ConfigError } from "../config/refusals.ts";
import { startCluster } from "./cluster.ts";
import { CommanderError, readOptions, type StartOptions } from "./command-line.ts";
import { openControl } from "./control.ts";
import { findTakenPort } from "./free-ports.ts";
import { askedLine, diedLine, invitation, logLine, readyLine } from "./messages.ts";
import { buildPage } from "./page.ts";
import { type PlannedNode, planCluster } from "./plan.ts";
import { printTo } from "./print.ts";
import { whenRunnerEnds } from "./runner.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
const say = printTo(process.stdout);
const complain = printTo(process.stderr);

/** The nodes to start, or the exit code if there is nothing to start. */
function plan(
  controlUrl: string,
): { options: StartOptions; nodes: readonly PlannedNode[] } | { exitCode: number } {
  try {
    const options = readOptions(process.argv.slice(2));
    return { options, nodes: planCluster(options, { ...process.env, CONTROL_URL: controlUrl }) };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    return { exitCode: 2 };
  }
}

/** Stops the cluster; until there is one, ends the launcher. Called when the npm that runs it has ended. */
let stop = (): void => process.exit(1);
whenRunnerEnds(process.env, () => stop());

/** Resolves to the exit code once all nodes have stopped. */
async function run(): Promise<number> {
  const control = await openControl();
  const planned = plan(control.url);
  if ("exitCode" in planned) return planned.exitCode;
  const { options, nodes } = planned;
  const [leader] = nodes;
  const taken = await findTakenPort(nodes);
  if (taken !== undefined || leader === undefined) {
    complain(taken ?? "No leader was planned.");
    return 1;
  }
  const noPage = await buildPage();
  if (noPage !== undefined) complain(noPage);
  say(
    `Starting a leader and ${options.followers} followers${leader.failover ? " that can replace it" : ""}, write quorum ${options.quorum}, ` +
      (options.dataDir === "" ? "in memory" : `data in ${options.dataDir}`),
  );
  const cluster = startCluster(nodes, program, {
    ready: (node, pid) => say(readyLine(node, pid)),
    died: (node, how) => complain(diedLine(node, how)),
    printed: (node, line) => complain(logLine(node, line)),
  });
  control.serve({
    states: cluster.states,
    act: (id, action) => {
      say(askedLine(id, action));
      cluster.act(id, action);
    },
  });
  const closing = Promise.withResolvers<number>();
  let isClosing = false;
  stop = () => {
    if (isClosing) return;
    isClosing = true;
    say(`Stopping ${nodes.length} nodes`);
    cluster.close().then((killed) => {
      if (killed.length === 0) say("All nodes stopped.");
      else complain(`Killed because they did not stop in time: ${killed.join(", ")}.`);
      closing.resolve(killed.length === 0 ? 0 : 1);
    }, closing.reject);
  };
  // On Ctrl-C the terminal and npm both send a signal; `stop` ignores the second one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // The terminal was closed, or the program that read the output has ended.
  for (const output of [process.stdout, process.stderr]) output.on("error", stop);
  await Promise.race([cluster.ready, closing.promise]);
  if (!isClosing) for (const line of invitation(leader)) say(line);
  return closing.promise;
}

process.exitCode = await run();
