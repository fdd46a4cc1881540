/**
 * Loaded into the process of a node before its program. When the launcher ends, for whatever reason,
 * the standard input of this process closes, and the node shuts down rather than running unattended.
 */
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Listening to standard input must not keep a process alive that has finished its work.
(process.stdin as Partial<{ unref(): void }>).unref?.();
