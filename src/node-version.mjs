/**
 * Loaded before a program: one sentence where this Node is too old to read TypeScript, in place of
 * its own message about a file extension. Plain JavaScript, since any Node must be able to read it.
 */
const needed = 24;
const [major] = process.versions.node.split(".");

if (Number(major) < needed) {
  process.stderr.write(
    `Quorum KV runs on Node ${needed} or newer, but this is Node ${process.versions.node}. ` +
      `After \`npm ci\` there is one in node_modules/.bin/node, which npm's scripts find by themselves.\n`,
  );
  process.exit(1);
}
