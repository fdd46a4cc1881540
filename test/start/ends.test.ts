/** However an `npm start` is ended, and whoever of npm, its shell and the launcher hears of it. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readOptions } from "../../src/start/command-line.ts";
import { findTakenPort } from "../../src/start/free-ports.ts";
import { planCluster } from "../../src/start/plan.ts";
import { findProgram, need } from "../support/programs.ts";
import { freeBasePort, Launched, npmStart, stopsInOrder } from "./launched.ts";

let options: string[];
let launched: Launched | undefined;

beforeEach(async () => {
  options = ["--memory", "--followers", "1", "--base-port", String(await freeBasePort())];
});
afterEach(async () => {
  for (const { pid } of ours()) process.kill(pid, "SIGKILL");
  await launched?.dispose();
  launched = undefined;
});

interface Running {
  readonly pid: number;
  readonly who: "npm" | "shell" | "launcher" | "terminal";
}

/** What runs with this test's options, from npm down to the launcher. Linux only. */
function ours(): readonly Running[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = commandOf(name);
      if (!words.includes(options.join(" "))) return [];
      return { pid: Number(name), who: roleOf(words) };
    });
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function roleOf(words: string): Running["who"] {
  if (words.startsWith("script ")) return "terminal";
  if (words.startsWith("npm ")) return "npm";
  return words.startsWith("node ") ? "launcher" : "shell";
}

function pidOf(who: Running["who"]): number {
  const found = ours().find((one) => one.who === who);
  if (found === undefined) throw new Error(`no ${who} among ${JSON.stringify(ours())}`);
  return found.pid;
}

async function nothingIsLeft(): Promise<void> {
  const nodes = planCluster(readOptions(options), {});
  while (ours().length > 0 || (await findTakenPort(nodes)) !== undefined) await wait(50);
}

describe.runIf(process.platform === "linux")("npm start ends as a whole, in good order", () => {
  test.each([
    ["SIGTERM", "npm"],
    ["SIGTERM", "shell"],
    ["SIGTERM", "launcher"],
    ["SIGHUP", "npm"],
    ["SIGHUP", "launcher"],
    ["SIGKILL", "npm"],
    ["SIGKILL", "shell"],
  ] as const)("after %s to its %s alone", async (signal, who) => {
    launched = new Launched(npmStart, options);
    await launched.prints("Ctrl-C");
    process.kill(pidOf(who), signal);
    // Its output ends with the last process that writes there.
    await launched.ended();
    await nothingIsLeft();
    expect(launched.printed).toMatch(stopsInOrder(2));
  });

  test("while its nodes are still starting", async () => {
    launched = new Launched(npmStart, options);
    await launched.prints("Starting a leader");
    process.kill(pidOf("npm"), "SIGKILL");
    await launched.ended();
    await nothingIsLeft();
  });

  test("after kill -9 of its launcher, by the nodes themselves", async () => {
    launched = new Launched(npmStart, options);
    await launched.prints("Ctrl-C");
    process.kill(pidOf("launcher"), "SIGKILL");
    await launched.ended();
    await nothingIsLeft();
  });

  test("after its terminal was closed", async (context) => {
    need(context, { script: findProgram("script") });
    const command = `npm start -- ${options.join(" ")}`;
    launched = new Launched(["script", "--quiet", "--command", command, "/dev/null"], []);
    await launched.prints("Ctrl-C");
    // The terminal's other end is gone with the process that held it.
    process.kill(pidOf("terminal"), "SIGKILL");
    await nothingIsLeft();
  });

  test("after the reader of its output has ended", async () => {
    launched = new Launched(
      ["sh", "-c", `npm start -- ${options.join(" ")} | grep -m1 Ctrl-C`],
      [],
    );
    await launched.prints("Ctrl-C");
    // Nothing is said while all is well: a node that dies makes the launcher speak.
    process.kill(await nodePid(), "SIGKILL");
    await nothingIsLeft();
  });
});

async function nodePid(): Promise<number> {
  const launcher = String(pidOf("launcher"));
  const children = readdirSync("/proc").filter((name) => {
    try {
      return readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === launcher;
    } catch {
      return false;
    }
  });
  return Number(children[0]);
}
