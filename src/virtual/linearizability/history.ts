/**
 * What a client did to one key and what it was told. A history is a list of these in any order.
 *
 * Calls that were refused with nothing written (every 503) carry no information and are left out
 * by whoever records the history, as are reads without an answer.
 */
export interface Call {
  readonly client: string;
  readonly kind: "put" | "delete" | "read";
  readonly key: string;
  /** JSON text: what a put wrote, or what a read returned. */
  readonly value?: string | undefined;
  /** The condition of a put or delete; 0: only if the key is absent. */
  readonly ifVersion?: number | undefined;
  /** Instants of one monotonic clock, any unit. Calls that touch at an instant are concurrent. */
  readonly invokedAt: number;
  /** Undefined: no answer ever came. */
  readonly returnedAt?: number | undefined;
  /**
   * `ok`: it took effect, or the read found a value. `missing`: the key was absent (read, delete).
   * `mismatch`: the condition did not hold. `unknown`: it may have taken effect, may do so at any
   * later time, or never will.
   */
  readonly outcome: "ok" | "missing" | "mismatch" | "unknown";
  /**
   * The version a write got (also an unknown one, if it was named), the version a read returned, or
   * the current version that a mismatch named. Undefined: not known.
   */
  readonly version?: number | undefined;
}

/** One call in plain words, for reports. */
export function describeCall(call: Call): string {
  const condition = call.ifVersion === undefined ? "" : ` if version is ${call.ifVersion}`;
  const version = call.version === undefined ? "" : ` at version ${call.version}`;
  const time = `[${instant(call.invokedAt)} … ${instant(call.returnedAt)}]`;
  return `${time} ${call.client}: ${action(call)}${condition} -> ${answer(call)}${version}`;
}

function action(call: Call): string {
  switch (call.kind) {
    case "put":
      return `put ${short(call.value)}`;
    case "delete":
      return "delete";
    case "read":
      return "read";
  }
}

function answer(call: Call): string {
  switch (call.outcome) {
    case "ok":
      return call.kind === "read" ? `found ${short(call.value)}` : "done";
    case "missing":
      return "key is absent";
    case "mismatch":
      return "refused, another version is there";
    case "unknown":
      return "outcome unknown";
  }
}

function instant(at: number | undefined): string {
  if (at === undefined) {
    return "never";
  }
  return Number.isInteger(at) ? String(at) : at.toFixed(3);
}

const short = (value: string | undefined): string =>
  value !== undefined && value.length > 60 ? `${value.slice(0, 50)}…` : String(value);
