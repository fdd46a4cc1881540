/** Writes and reads of a cluster with TLS, a secret and tokens beside those of a plain one. */
import { join } from "node:path";
import { type Bench, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import type { HttpWorkload } from "../load/load.ts";
import { seed } from "../load/seed.ts";
import { columns, compare, notesOf, rowsOf } from "../measure/compare.ts";
import { startBoth, startLayers } from "../servers/secured.ts";

export const security: Part = {
  topics: [
    {
      name: "security",
      about: "what TLS, a cluster secret and tokens cost",
      seconds: (options) => 25 + 2 * secondsOfRounds(options, 2),
    },
  ],
  run: measureSecurity,
};

const connections = 64;

async function measureSecurity({ options, folder, report }: Bench): Promise<void> {
  const { followers } = options;
  const both = await startBoth({ followers, certificates: join(folder, "certificates") });
  const under = (workload: HttpWorkload) =>
    compare(
      both.variants.map((side) => ({ ...side, workload, connections })),
      options,
    );
  try {
    const written = await under("kv-put");
    for (const { url, token } of both.variants) await seed(url, token);
    const read = await under("kv-get");
    const rows = [...rowsOf("writes", written), ...rowsOf("reads at the leader", read)];
    const notes = [
      `${connections} connections. The load generator speaks TLS on the same machine: its share is in the rates, and not in the processor time.`,
      ...notesOf(options, [...written, ...read]),
    ];
    report("security", { columns, rows, notes }, { written, read });
  } finally {
    await both.close();
  }
}

/** Each of them by itself, under reads, beside what Node's own servers spend. */
export const layers: Part = {
  topics: [
    {
      name: "layers",
      about: "what TLS, the secret and tokens cost a read each, and TLS a bare server",
      seconds: (options) => 30 + secondsOfRounds(options, 7),
    },
  ],
  run: measureLayers,
};

async function measureLayers({ options, folder, report }: Bench): Promise<void> {
  const { ours, second } = portsOf(options);
  const certificates = join(folder, "layers");
  const started = await startLayers({ certificates, barePorts: [ours, second] });
  try {
    for (const { name, url, token } of started.variants)
      if (!name.startsWith("bare")) await seed(url, token);
    const sides = started.variants.map(
      (side) => ({ ...side, workload: "kv-get", connections }) as const,
    );
    const read = await compare(sides, options);
    const notes = [
      `${connections} connections. Processor time is that of the leader, or of the bare server.`,
      ...notesOf(options, read),
    ];
    report("layers", { columns, rows: rowsOf("reads at the leader", read), notes }, read);
  } finally {
    await started.close();
  }
}
