/** The command line of `npm start`: its options, their ranges and defaults, and its help. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { quorumRange } from "../node/quorum.ts";
import { delayMsMax } from "../request-limits.ts";
import { isWhole, type WholeRange } from "../whole-range.ts";

/** The cluster that was asked for. */
export interface StartOptions {
  /** How many, 0..9. */
  readonly followers: number;
  /** The write quorum, 0..followers. */
  readonly quorum: number;
  /** Milliseconds. */
  readonly minDelay: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  /** REST port of the leader. Followers take the next ones, and gRPC ports are `grpcPortOffset` higher. */
  readonly basePort: number;
  /** The folder for the data of all nodes; empty: nothing is stored on disk. */
  readonly dataDir: string;
}

/** From the REST port of a node to its gRPC port. */
export const grpcPortOffset = 1000;
const followersMax = 9;
const defaultQuorum = 3;

const examples = `
Examples:
  npm start                                      six durable nodes on ports 4567-4572
  npm start -- --memory --quorum 1               nothing on disk, one ack is enough
  npm start -- --min-delay 0 --max-delay 1000    watch what a quorum costs
  npm start -- --followers 2 --base-port 6000    three nodes elsewhere`;

/** Reads the argument of an option; a bad one ends the command with its range. */
function wholeNumber(limits: WholeRange) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= limits.min && value <= limits.max) return value;
    throw new InvalidArgumentError(`It must be a whole number, ${limits.min}..${limits.max}.`);
  };
}

/**
 * The options in `args`. For `--help` or a bad option it prints the help or one sentence, and throws a
 * CommanderError with the exit code.
 */
export function readOptions(args: readonly string[]): StartOptions {
  const delay = wholeNumber({ min: 0, max: delayMsMax });
  const followers = wholeNumber({ min: 0, max: followersMax });
  const command = new Command("npm start --")
    .description("Starts a Quorum KV cluster on this machine: a leader, its followers, its page.")
    .option("-f, --followers <n>", `number of followers, 0..${followersMax}`, followers, 5)
    .option("-q, --quorum <k>", "follower acks per write (default: 3, or all if fewer)", followers)
    .option("--min-delay <ms>", "lower end of the simulated replication delay", delay, 0)
    .option("--max-delay <ms>", "upper end of the simulated replication delay", delay)
    .option(
      "-p, --base-port <port>",
      `REST port of the leader; gRPC is ${grpcPortOffset} higher`,
      wholeNumber({ min: 1, max: 65_535 - grpcPortOffset - followersMax }),
      4567,
    )
    .option("-d, --data <folder>", "where each node keeps its data", "./data")
    .option("-m, --memory", "keep everything in memory, nothing on disk")
    .addHelpText("after", examples)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
    .exitOverride()
    .parse(args, { from: "user" });
  return checked(command);
}

/** Fills in defaults that depend on other options, and checks options against each other. */
function checked(command: Command): StartOptions {
  const given = command.opts<Partial<StartOptions> & { data: string; memory?: true }>();
  const { followers = 0, minDelay = 0, basePort = 0 } = given;
  const quorum = given.quorum ?? Math.min(defaultQuorum, followers);
  const maxDelay = given.maxDelay ?? minDelay;
  if (!isWhole(quorum, quorumRange(followers))) {
    command.error(`--quorum is ${quorum}, but must be 0..${followers}, the number of followers.`);
  }
  if (minDelay > maxDelay) {
    command.error(`--min-delay is ${minDelay}, but must be at most --max-delay, ${maxDelay}.`);
  }
  const dataDir = given.memory === true ? "" : given.data;
  return { followers, quorum, minDelay, maxDelay, basePort, dataDir };
}

export { CommanderError };
