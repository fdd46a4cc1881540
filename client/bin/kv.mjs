#!/usr/bin/env node
/**
 * `kv`. In a clone it runs the TypeScript beside it, by the Node 24 that `npm ci` installs where this
 * one is older; in a package it runs what was built. Plain JavaScript, since any Node must read it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const needed = 24;
const source = new URL("../cli/main.ts", import.meta.url);
const built = new URL("../dist/kv.js", import.meta.url);
const newer = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));

const [major] = process.versions.node.split(".");
if (!existsSync(source)) await import(built.href);
else if (Number(major) >= needed) await import(source.href);
else if (existsSync(newer)) runAgain();
else {
  process.stderr.write(
    `kv: a clone needs Node ${needed} or newer, but this is Node ${process.versions.node}. ` +
      "`npm ci` installs one that kv finds by itself.\n",
  );
  process.exit(1);
}

/** Ends as the other process does: by the same code, or the same signal. */
function runAgain() {
  const words = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(newer, words, { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  child.on("exit", (code, signal) => {
    for (const each of signals) process.off(each, forward);
    if (signal === null) process.exit(code);
    else process.kill(process.pid, signal);
  });
}
