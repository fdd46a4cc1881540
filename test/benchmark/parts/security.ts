/** Writes and reads of a cluster with TLS, a secret and tokens beside those of a plain one. */
import { join } from "node:path";
import { type Bench, type Part, secondsOfRounds } from "../bench.ts";
import type { HttpWorkload } from "../load/load.ts";
import { seed } from "../load/seed.ts";
import { columns, compare, notesOf, rowsOf } from "../measure/compare.ts";
import { startBoth } from "../servers/secured.ts";

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
