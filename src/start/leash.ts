/**
 * Loaded into a node's process before it starts: when the launcher is gone, however it ended, its
 * end of this process's standard input closes, and the node shuts down instead of living on unseen.
 */
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// The leash alone must not keep a process alive that has finished its work.
(process.stdin as Partial<{ unref(): void }>).unref?.();
