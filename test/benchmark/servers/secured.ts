/** The same cluster twice, at the same time: plain, and with TLS, a cluster secret and tokens. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { prepareFolder, writeCertificates, writeTokens } from "../../../tools/certs/write.ts";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import { quorumOf } from "./ours.ts";

/** One of the two, as a load needs it. */
interface Variant {
  readonly name: string;
  readonly url: string;
  readonly pids: readonly number[];
  /** What its callers show; absent: it asks for none. */
  readonly token?: string;
}

interface Both {
  /** The secured one first. */
  readonly variants: readonly [Variant, Variant];
  close(): Promise<void>;
}

/** Certificates and tokens are those of `npm run certs`, in this folder. This process trusts them from then on. */
export async function startBoth(run: {
  readonly followers: number;
  readonly certificates: string;
}): Promise<Both> {
  const { followers, certificates: directory } = run;
  const env = {
    ...{ LOG_LEVEL: "warn", TIMEOUT: "10000", WRITE_QUORUM: String(quorumOf(followers)) },
  };
  const others = Array.from({ length: followers }, (_, index) => `follower${index + 1}`);
  const nodes = ["leader", ...others];
  prepareFolder(directory, false);
  await writeCertificates({ nodes, dns: ["localhost"], ips: ["127.0.0.1"], directory });
  const token = writeTokens({ nodes, directory });
  const authority = readFileSync(join(directory, "ca.crt"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), authority]);
  const secret = randomBytes(32).toString("hex");
  const secured = await startCluster({
    ...{ followers, disk: true, env: { ...env, CLUSTER_SECRET: secret } },
    envOf: (id) => settingsIn(join(directory, id)),
  });
  const plain = await startCluster({ followers, disk: true, env }).catch(async (error) => {
    await secured.close();
    throw error;
  });
  return {
    variants: [{ ...variantOf(secured, "TLS, tokens"), token }, variantOf(plain, "plain")],
    close: async () => void (await Promise.all([secured.close(), plain.close()])),
  };
}

/** As in docker-compose.tls.yaml. */
const settingsIn = (folder: string) => ({
  TLS_CERT: join(folder, "member.crt"),
  TLS_KEY: join(folder, "member.key"),
  TLS_CA: join(folder, "ca.crt"),
  CLIENT_TLS_CERT: join(folder, "clients.crt"),
  CLIENT_TLS_KEY: join(folder, "clients.key"),
  TOKENS_FILE: join(folder, "tokens"),
});

const variantOf = ({ leader, nodes }: Cluster, name: string): Variant => ({
  ...{ name, url: leader.url, pids: nodes.map(({ pid }) => pid) },
});
