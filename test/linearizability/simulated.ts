/** Histories of a register that works: calls take effect at one instant between start and answer. */
import type { Call } from "../../src/virtual/linearizability/history.ts";
import { ABSENT, apply } from "../../src/virtual/linearizability/model.ts";

export interface Simulation {
  /** In [0, 1). */
  readonly random: () => number;
  readonly calls: number;
  readonly clients: number;
  /** Whether calls know their versions. */
  readonly versions: boolean;
  /** Share of writes whose answer gets lost. */
  readonly unknownShare: number;
}

/** A linearizable history of one key with unique values, clients overlapping all the time. */
export function simulate(simulation: Simulation): Call[] {
  const { random } = simulation;
  const freeAt = Array.from({ length: simulation.clients }, () => random());
  const plans = Array.from({ length: simulation.calls }, () => {
    const client = Math.floor(random() * simulation.clients);
    const invokedAt = (freeAt[client] ?? 0) + random();
    const takesEffectAt = invokedAt + random() * 5;
    const returnedAt = takesEffectAt + random() * 5;
    freeAt[client] = returnedAt;
    return { client: `client${client}`, invokedAt, takesEffectAt, returnedAt, draw: random() };
  });
  plans.sort((a, b) => a.takesEffectAt - b.takesEffectAt);
  let register = ABSENT;
  return plans.map(({ client, invokedAt, returnedAt, draw }, index): Call => {
    const base = { client, key: "k", invokedAt, returnedAt };
    const version = simulation.versions ? { version: index + 1 } : {};
    const seen = simulation.versions && register.present ? { version: register.low } : {};
    const condition = { ifVersion: Math.max(1, register.low - (index % 2)) };
    const reading = (): Call =>
      register.present
        ? { ...base, kind: "read", outcome: "ok", value: register.value, ...seen }
        : { ...base, kind: "read", outcome: "missing" };
    if (draw < 0.5) {
      return reading();
    }
    const lost = random() < simulation.unknownShare;
    const write: Call = {
      ...base,
      ...(draw < 0.6 ? { kind: "delete" as const } : { kind: "put" as const, value: `${index}` }),
      ...(draw > 0.8 && simulation.versions ? condition : {}),
      ...(lost ? {} : version),
      returnedAt: lost ? undefined : returnedAt,
      outcome: lost ? "unknown" : "ok",
    };
    const next = apply(register, { ...write, ...version });
    if (next !== undefined) {
      const vanishes = lost && random() < 0.5;
      register = vanishes ? register : next;
      return write;
    }
    if (write.ifVersion === undefined) {
      return { ...base, kind: "delete", outcome: "missing" };
    }
    return {
      ...base,
      kind: "put",
      value: `${index}`,
      ifVersion: write.ifVersion,
      outcome: "mismatch",
      ...(simulation.versions ? { version: register.present ? register.low : 0 } : {}),
    };
  });
}
