/**
 * Loaded into a server before its program: on SIGUSR2 it collects its garbage, and writes how many bytes are live into the
 * file that LIVE_FILE names.
 */
import { renameSync, writeFileSync } from "node:fs";
import { liveBytes } from "../../support/heap.ts";

const file = process.env["LIVE_FILE"];

if (file !== undefined)
  process.on("SIGUSR2", async () => {
    writeFileSync(`${file}.part`, String(await liveBytes()));
    renameSync(`${file}.part`, file);
  });
