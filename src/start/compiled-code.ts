import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Defaults for the environment of a node: where compiled code is kept between starts, which is where a node keeps it by
 * default (`module.enableCompileCache`). Of its first module, a node that has to switch it on itself strips the
 * types each time: that takes a tenth of its start.
 */
export const compiledCode: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
};
