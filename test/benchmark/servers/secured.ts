/** The same cluster twice, at the same time: plain, and with TLS, a cluster secret and tokens. Also each of these by itself. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { prepareFolder, writeCertificates, writeTokens } from "../../../tools/certs/write.ts";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import { startBare } from "./bare.ts";
import { quorumOf } from "./ours.ts";

/** One of the two, as a load needs it. */
interface Variant {
  readonly name: string;
  readonly url: string;
  readonly pids: readonly number[];
  /** What its callers show; absent: it asks for none. */
  readonly token?: string;
}

interface Started {
  /** The wholly secured one first, then the plain one. */
  readonly variants: readonly Variant[];
  close(): Promise<void>;
}

/** Certificates and tokens are those of `npm run certs`, in this folder. This process trusts them from then on. */
export async function startBoth(run: {
  readonly followers: number;
  readonly certificates: string;
}): Promise<Started> {
  const started = new Variants(await keysIn(run), run.followers);
  return started.with(["TLS, tokens", { tls: true, secret: true, tokens: true }], ["plain", {}]);
}

/** Clusters with one follower each, for reads at their leaders, and what Node needs for TLS by itself. */
export async function startLayers(run: {
  readonly certificates: string;
  readonly barePorts: readonly [number, number];
}): Promise<Started> {
  const started = new Variants(await keysIn({ ...run, followers: 1 }), 1);
  const { variants, close } = await started.with(
    ["TLS, tokens", { tls: true, secret: true, tokens: true }],
    ["plain", {}],
    ["tokens", { tokens: true }],
    ["TLS", { tls: true }],
    ["secret", { secret: true }],
  );
  const [plainPort, securePort] = run.barePorts;
  const bare = [
    await startBareHttp("bare HTTP", { url: `http://127.0.0.1:${plainPort}` }),
    await startBareHttp("bare HTTPS", {
      url: `https://127.0.0.1:${securePort}`,
      certificates: join(run.certificates, "leader"),
    }),
  ];
  return {
    variants: [
      ...variants.map(({ pids, ...rest }) => ({ ...rest, pids: pids.slice(0, 1) })),
      ...bare.map(({ variant }) => variant),
    ],
    close: async () => {
      for (const { stop } of bare) stop();
      await close();
    },
  };
}

interface Keys {
  readonly certificates: string;
  readonly token: string;
  readonly secret: string;
}

async function keysIn(run: {
  readonly followers: number;
  readonly certificates: string;
}): Promise<Keys> {
  const { followers, certificates: directory } = run;
  const others = Array.from({ length: followers }, (_, index) => `follower${index + 1}`);
  const nodes = ["leader", ...others];
  prepareFolder(directory, false);
  await writeCertificates({ nodes, dns: ["localhost"], ips: ["127.0.0.1"], directory });
  const token = writeTokens({ nodes, directory });
  const authority = readFileSync(join(directory, "ca.crt"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), authority]);
  return { certificates: directory, token, secret: randomBytes(32).toString("hex") };
}

/** What a cluster is protected by. */
interface Layers {
  readonly tls?: boolean;
  readonly secret?: boolean;
  readonly tokens?: boolean;
}

/** Clusters that run at the same time. */
class Variants {
  readonly #keys: Keys;
  readonly #followers: number;
  readonly #clusters: Cluster[] = [];

  constructor(keys: Keys, followers: number) {
    this.#keys = keys;
    this.#followers = followers;
  }

  async with(...wanted: readonly (readonly [string, Layers])[]): Promise<Started> {
    const variants: Variant[] = [];
    try {
      for (const [name, layers] of wanted) variants.push(await this.#start(name, layers));
    } catch (error) {
      await this.#close();
      throw error;
    }
    return { variants, close: () => this.#close() };
  }

  async #start(name: string, { tls, secret, tokens }: Layers): Promise<Variant> {
    const keys = this.#keys;
    const env = {
      ...{ LOG_LEVEL: "warn", TIMEOUT: "10000" },
      WRITE_QUORUM: String(quorumOf(this.#followers)),
    };
    const cluster = await startCluster({
      ...{ followers: this.#followers, disk: true },
      env: secret ? { ...env, CLUSTER_SECRET: keys.secret } : env,
      envOf: (id) => ({
        ...(tls ? certificatesIn(join(keys.certificates, id)) : {}),
        ...(tokens ? { TOKENS_FILE: join(keys.certificates, id, "tokens") } : {}),
      }),
    });
    this.#clusters.push(cluster);
    const pids = cluster.nodes.map(({ pid }) => pid);
    return { name, url: cluster.leader.url, pids, ...(tokens ? { token: keys.token } : {}) };
  }

  async #close(): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()));
  }
}

/** As in docker-compose.tls.yaml. */
const certificatesIn = (folder: string) => ({
  TLS_CERT: join(folder, "member.crt"),
  TLS_KEY: join(folder, "member.key"),
  TLS_CA: join(folder, "ca.crt"),
  CLIENT_TLS_CERT: join(folder, "clients.crt"),
  CLIENT_TLS_KEY: join(folder, "clients.key"),
});

async function startBareHttp(
  name: string,
  { url, certificates }: { readonly url: string; readonly certificates?: string },
) {
  const more = certificates === undefined ? [] : [certificates];
  const { pid, stop } = await startBare("bare-node", { port: Number(new URL(url).port), more });
  const variant: Variant = { name, url, pids: [pid] };
  return { variant, stop };
}
