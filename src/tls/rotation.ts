/**
 * Keeps a certificate current while its files are replaced. The files are looked at again and again, because
 * that works for files that are written anew, renamed or mounted. What is in force stays so until all files
 * fit together again.
 */
import type { Log } from "../node/ports.ts";
import { checkTexts, type Material, readTexts, type Texts, type Wanted } from "./material.ts";

/** A certificate in force, which another may replace at any time. */
export interface Rotating {
  readonly current: Material;
  /** Calls `run` after each replacement. */
  onChange(run: () => void): void;
  close(): void;
}

/** Milliseconds between two looks at the files. */
const lookIntervalMs = 1000;

/** Rejects with a TlsFileError where the files cannot be used now. */
export async function openRotating(
  wanted: Wanted,
  log: Log,
  intervalMs = lookIntervalMs,
): Promise<Rotating> {
  let seen = await readTexts(wanted);
  let current = checkTexts(wanted, seen);
  let said = "";
  let closed = false;
  const listeners: (() => void)[] = [];
  const complain = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    // A fault is said once, however long it lasts.
    if (reason === said) return;
    said = reason;
    log.warn(
      { reason },
      `${wanted.settings.cert}: the certificate in use stays; its files changed`,
    );
  };
  const look = async (): Promise<void> => {
    const texts = await readTexts(wanted);
    if (closed) return;
    const isSame = same(texts, seen);
    seen = texts;
    if (isSame && said === "") return;
    // What was refused before may have become valid since, without a change of the files.
    const next = checkTexts(wanted, texts);
    said = "";
    if (same(texts, current.texts)) return;
    current = next;
    for (const run of listeners) run();
    const { subject, validTo } = next.certificate;
    log.info({ subject, validTo }, `${wanted.settings.cert}: the new certificate is in use`);
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(complain)
      .finally(() => {
        isLooking = false;
      });
  }, intervalMs).unref();
  return {
    get current() {
      return current;
    },
    onChange: (run) => {
      listeners.push(run);
    },
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
}

const same = (left: Texts, right: Texts): boolean =>
  left.cert === right.cert && left.key === right.key && left.ca === right.ca;
