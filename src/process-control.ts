/** What the launcher can be asked to do with the process of a node. Only `npm start` offers it. */

/**
 * Stop: SIGTERM, and the process stays down. Kill: SIGKILL, and it starts again like after any crash.
 * Freeze: SIGSTOP, until it is thawed. Restart: SIGTERM where one runs, and a new process.
 */
export const processActions = ["stop", "kill", "freeze", "thaw", "restart"] as const;
export type ProcessAction = (typeof processActions)[number];

/** Starting: it is not ready yet, or begins again in a moment. */
export type ProcessState = "starting" | "ready" | "frozen" | "stopped";

/** By id of the node. */
export type ProcessStates = Readonly<Record<string, ProcessState>>;
