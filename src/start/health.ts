/** Asks this container's own gateway for a path and exits with 0 when the answer is a good one. */
const path = process.argv[2] ?? "/livez";
const port = process.env["PORT"] || "4567";
const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
const text = (await answer?.text().catch(() => "")) ?? "no answer";
process.stdout.write(`${text}\n`);
// At once: a connection kept alive for reuse would hold the process for seconds.
process.exit(answer?.ok === true ? 0 : 1);
