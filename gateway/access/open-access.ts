/** Opens what the settings name, and makes the access rules of one node of it. */
import type { Config } from "../../src/config/config.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Log } from "../../src/node/ports.ts";
import { Access } from "./access.ts";
import { AuditLog } from "./audit-log.ts";
import { TokenFile } from "./token-file.ts";

interface OpenOptions {
  readonly config: Pick<Config, "admin" | "auditLog" | "auditWrites" | "nodeId" | "tokensFile">;
  readonly log: Log;
  /** Milliseconds: `now` never goes back, `wall` counts since 1970. */
  readonly clock: { now(): number; wall(): number };
  readonly figures: {
    refused(code: ErrorCode): void;
    auditLineDropped(): void;
  };
}

/** The rules, and what must be closed after the last call. */
export interface OpenedAccess {
  readonly access: Access;
  close(): Promise<void>;
}

/** Rejects with one sentence where a file cannot be used. */
export async function openAccess({
  config,
  log,
  clock,
  figures,
}: OpenOptions): Promise<OpenedAccess> {
  const { tokensFile, auditLog, nodeId } = config;
  const tokens =
    tokensFile === ""
      ? undefined
      : await TokenFile.open({ path: tokensFile, log, now: () => clock.wall() });
  try {
    const audit =
      auditLog === ""
        ? undefined
        : await AuditLog.open({
            ...{ to: auditLog, node: nodeId, log, now: () => clock.wall() },
            dropped: figures.auditLineDropped,
          });
    return {
      access: new Access({
        config,
        tokens,
        audit,
        refused: figures.refused,
        now: () => clock.now(),
      }),
      close: async () => {
        tokens?.close();
        await audit?.close();
      },
    };
  } catch (error) {
    tokens?.close();
    throw error;
  }
}
