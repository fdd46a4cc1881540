/** The command line: commands, options, their ranges and their help. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { bench } from "./commands/bench.ts";
import * as cluster from "./commands/cluster.ts";
import { diff } from "./commands/diff.ts";
import { exportKeys } from "./commands/export.ts";
import { importKeys } from "./commands/import.ts";
import * as keys from "./commands/keys.ts";
import { wait } from "./commands/wait.ts";
import { watch } from "./commands/watch.ts";
import { completionFor, type Shell, shells } from "./completion.ts";
import { type ExitCode, exitCodes, exitHelp } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { formats } from "./output.ts";
import { openSession, type Session } from "./session.ts";

const exampleHelp = `
Values are JSON; an argument that does not look like JSON is a string. "-" reads standard input, "@file" a file.

Examples:
  $ kv put greeting hello
  $ kv get greeting -o raw
  $ kv put config @config.json --if-version 0
  $ kv watch city/ --after 0
  $ kv export backup.ndjson && kv import backup.ndjson

Environment: KV_ENDPOINTS, KV_TOKEN, NO_COLOR
${exitHelp}`;

/** `ended` is called with the exit code of the command that ran. */
export function createProgram(io: Io, ended: (code: ExitCode) => void): Command {
  const program = new Command("kv")
    .description("Reads, writes and watches a Quorum KV cluster, from any of its nodes.")
    .option("--endpoints <urls>", "nodes, comma separated (default: http://127.0.0.1:4567)")
    .addOption(
      new Option("-o, --output <format>", "form of the output").choices(formats).default("table"),
    )
    .option("--timeout <ms>", "milliseconds for each call", whole(1, 2 ** 31 - 1), 10_000)
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .addHelpText("after", exampleHelp)
    .exitOverride();

  /** Runs a command with a session; what it answers is the exit code. */
  const run =
    <Given extends unknown[]>(act: (session: Session, ...given: Given) => Promise<ExitCode>) =>
    async (...words: unknown[]): Promise<void> => {
      const command = words.pop();
      if (!(command instanceof Command)) throw new Error("commander ends with the command");
      ended(await act(openSession(io, command), ...(words as Given)));
    };

  program
    .command("get <key...>")
    .description("prints one key, or up to 128 as they were at one moment")
    .option("--local", "what the node has, which may be old")
    .option("--min-version <n>", "wait until the node has applied this version", whole(0))
    .action(run(keys.get));
  writing(program.command("put <key> <value>").description("writes one key"))
    .option("--string", "the value is a string, whatever it looks like")
    .action(
      run((session, key: string, value: string, flags: keys.WriteFlags) =>
        keys.put(session, [key, value], flags),
      ),
    );
  writing(program.command("del <key>").description("deletes one key")).action(run(keys.del));
  program
    .command("list")
    .argument("[prefix]", "of the keys", "")
    .description("prints the keys of one page")
    .option("--limit <n>", "keys of a page", whole(1, 1000), 100)
    .option("--after <key>", "the key after which the page starts")
    .option("--local", "what the node has, which may be old")
    .action(run(keys.list));
  writing(
    program
      .command("batch <operations>")
      .description("writes several keys at once, from a JSON array or from lines"),
  ).action(run(keys.batch));
  program
    .command("watch")
    .argument("[prefix]", "of the keys", "")
    .description("prints each put and delete as it is applied")
    .option("--after <sequence>", "start after this sequence (default: now)", whole(0))
    .option("--count <n>", "end after so many", whole(1))
    .option(
      "--patience <ms>",
      "milliseconds without a connection before it gives up",
      whole(1, 2 ** 31 - 1),
      600_000,
    )
    .action(run(watch));

  program
    .command("status [node]")
    .description("prints the state of a node")
    .action(run(cluster.status));
  program
    .command("members")
    .description("prints every node as the leader sees it")
    .action(run(cluster.members));
  const leader = program
    .command("leader")
    .description("prints who leads")
    .action(run(cluster.leader));
  leader
    .command("move [node]")
    .description("moves leadership to that node, or to the leader of choice")
    .action(run(cluster.moveLeader));
  const config = program
    .command("config")
    .description("prints the settings in force")
    .action(run(cluster.config));
  config
    .command("set <name=value...>")
    .description("changes settings, such as writeQuorum=2")
    .action(run(cluster.setConfig));
  program
    .command("diff <node> <node>")
    .description("compares the stores of two nodes")
    .action(run((session, one: string, other: string) => diff(session, [one, other])));
  program
    .command("wait")
    .description("waits until the cluster is ready for writes, at most --timeout")
    .option("--key <key>", "until this key exists")
    .option("--version <n>", "until this version is applied", whole(0))
    .option("--node <id>", "on this node (default: the leader)")
    .action(run(wait));

  program
    .command("export")
    .argument("[file]", "- for standard output", "-")
    .description("writes all keys to a file that proves itself whole")
    .option("--prefix <prefix>", "only keys that start so", "")
    .action(run(exportKeys));
  program
    .command("import <file>")
    .description("checks an exported file, then writes its entries")
    .option("--resume", "leave out the entries that are there already")
    .addOption(
      new Option(
        "--idempotency-key <key>",
        "of this import, so that one that is run again writes each entry once",
      ).conflicts("resume"),
    )
    .option("--dry-run", "only check the file")
    .action(run(importKeys));
  program
    .command("bench")
    .description("measures writes, and deletes its keys again")
    .option("--writes <n>", "writes", whole(1, 10_000_000), 1000)
    .option("--clients <n>", "connections", whole(1, 1000), 10)
    .option("--size <bytes>", "size of a value", whole(2, 1_000_000), 100)
    .option("--prefix <prefix>", "of the keys", "bench/")
    .option("--quorum <n>", "acks to wait for", whole(0))
    .option("--keep", "leave the keys")
    .action(run(bench));
  program
    .command("completion")
    .addArgument(new Argument("<shell>").choices(shells))
    .description("prints the completion of a shell")
    .action((shell: Shell) => {
      io.stdout.write(`${completionFor(shell, program)}\n`);
      ended(exitCodes.ok);
    });
  return program;
}

const writing = (command: Command): Command =>
  command
    .option(
      "--if-version <n>",
      "only if this is the key's version; 0: only if it is absent",
      whole(0),
    )
    .option("--quorum <n>", "follower acks to wait for", whole(0))
    .option("--trace", "draw when each ack arrived")
    .option(
      "--idempotency-key <key>",
      "of this write, so that a command that is run again writes once",
    );

/** A whole number within a range. */
const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
