/**
 * The settings of one node. The environment is read here and nowhere else: `readConfig` turns it into
 * one frozen value, or throws a ConfigError whose message is one sentence for the operator.
 */
import { isIPv6 } from "node:net";
import type { z } from "zod";
import { clusterSettings } from "./cluster-settings.ts";
import type { Config } from "./config.ts";
import { networkSettings } from "./network-settings.ts";
import { operationSettings } from "./operation-settings.ts";
import { ConfigError, refusal } from "./refusals.ts";
import { securitySettings } from "./security-settings.ts";
import type { Setting } from "./setting.ts";
import { isInsecure, tlsOf, tlsSettings } from "./tls-settings.ts";
import { checkTogether } from "./together.ts";
import { writesSettings } from "./writes-settings.ts";

/** Every setting; the order is that of docs/configuration.md. */
const settings = {
  ...clusterSettings,
  ...networkSettings,
  ...securitySettings,
  ...tlsSettings,
  ...writesSettings,
  ...operationSettings,
};

type SettingName = keyof typeof settings;

/**
 * What docs/configuration.md says of each setting, in its order.
 * @public Read by test/tools/configuration-page.ts, which is not part of the product.
 */
export const settingsTable: readonly {
  readonly name: string;
  readonly shownDefault: string;
  readonly range: string;
  readonly meaning: string;
}[] = Object.entries(settings).map(([name, setting]: [string, Setting<unknown>]) => ({
  name,
  shownDefault: setting.defaultShown ?? setting.byDefault ?? "–",
  range: setting.range,
  meaning: setting.meaning,
}));

/** Reads all settings. An empty variable counts as not set. Throws a ConfigError for the first bad one. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const read = <Name extends SettingName>(
    name: Name,
  ): z.output<(typeof settings)[Name]["schema"]> => {
    const setting: Setting<unknown> = settings[name];
    const given = env[name] || setting.byDefault;
    if (given === undefined)
      throw new ConfigError(`${name} is not set; it must be ${setting.range}.`);
    const outcome = setting.schema.safeParse(given);
    if (!outcome.success && setting.isSecret === true)
      throw new ConfigError(`${name} must be ${setting.range}; its value is not shown.`);
    if (!outcome.success) throw refusal(name, given, setting.range);
    return outcome.data as z.output<(typeof settings)[Name]["schema"]>;
  };
  const host = read("HOST");
  const port = read("PORT");
  const shownHost = isIPv6(host) ? `[${host}]` : host;
  const paths = {
    ...{ cert: read("TLS_CERT"), key: read("TLS_KEY"), ca: read("TLS_CA") },
    ...{ clientCert: read("CLIENT_TLS_CERT"), clientKey: read("CLIENT_TLS_KEY") },
    clientCa: read("CLIENT_TLS_CA"),
  };
  const tls = tlsOf(paths, read("TLS_MODE") === "permissive");
  const tokensFile = read("TOKENS_FILE");
  const scheme = tls === undefined || tls.permissive ? "http" : "https";
  const config: Config = {
    nodeId: read("NODE_ID"),
    nodes: read("NODES").map((member) => Object.freeze(member)),
    leader: read("LEADER"),
    failover: read("FAILOVER"),
    electionTimeout: read("ELECTION_TIMEOUT"),
    readLease: read("READ_LEASE"),
    port,
    grpcPort: read("GRPC_PORT"),
    host,
    advertiseUrl: read("ADVERTISE_URL").replace(/\/+$/, "") || `${scheme}://${shownHost}:${port}`,
    clusterSecrets: Object.freeze(read("CLUSTER_SECRET")),
    allowedHosts: Object.freeze(read("ALLOWED_HOSTS")),
    tokensFile,
    admin: read("ADMIN"),
    metricsPort: read("METRICS_PORT"),
    auditLog: read("AUDIT_LOG"),
    auditWrites: read("AUDIT_WRITES"),
    tls,
    insecure: isInsecure({ host, tls, tokensFile, insecure: read("INSECURE") }),
    dataDir: read("DATA_DIR"),
    writeQuorum: read("WRITE_QUORUM"),
    minDelay: read("MIN_DELAY"),
    maxDelay: read("MAX_DELAY"),
    timeout: read("TIMEOUT"),
    idempotencySeconds: read("IDEMPOTENCY_SECONDS"),
    idempotencyKeys: read("IDEMPOTENCY_KEYS"),
    forwardWrites: read("FORWARD_WRITES"),
    logLevel: read("LOG_LEVEL"),
    faults: read("FAULTS"),
    controlUrl: read("CONTROL_URL"),
    logRetention: read("LOG_RETENTION"),
  };
  checkTogether(config, env["NODES"] ?? "");
  Object.freeze(config.nodes);
  return Object.freeze(config);
}
