/**
 * The settings of one node. The environment is read here and nowhere else: `readConfig` turns it into
 * one frozen value, or throws a ConfigError whose message is one sentence for the operator.
 */
import { isIP, isIPv6 } from "node:net";
import { z } from "zod";
import { quorumFault, quorumRange } from "./node/quorum.ts";
import { delayMsMax, timeoutMsMax } from "./request-limits.ts";
import type { WholeRange } from "./whole-range.ts";

/** One member of the cluster, as NODES names it. */
export interface MemberAddress {
  readonly id: string;
  /** Where other nodes reach it. An IPv6 address keeps its brackets, as `host:port` needs them. */
  readonly host: string;
  readonly grpcPort: number;
}

/** All settings, as one frozen value that is made at the start. Times are in milliseconds. */
export interface Config {
  readonly nodeId: string;
  readonly nodes: readonly MemberAddress[];
  readonly leader: string;
  /** FAILOVER=1: any node may lead; LEADER names the one that does when it can. */
  readonly failover: boolean;
  readonly electionTimeout: number;
  /** READ_LEASE=1: leaders answer reads by a lease. */
  readonly readLease: boolean;
  readonly port: number;
  readonly grpcPort: number;
  readonly host: string;
  readonly advertiseUrl: string;
  /** ALLOWED_HOSTS: what else clients call this node. */
  readonly allowedHosts: readonly string[];
  /** Where log and store are kept; empty: in memory. */
  readonly dataDir: string;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly timeout: number;
  readonly logLevel: string;
  /** FAULTS=1: link faults can be set. */
  readonly faults: boolean;
  /** CONTROL_URL: where `npm start` can be asked to stop or restart a process; empty: nowhere. */
  readonly controlUrl: string;
  /** LOG_RETENTION: applied entries kept for catch-up and watchers before a snapshot is needed. */
  readonly logRetention: number;
}

/** A setting that stops the start. The message names the variable, its value and its range. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** One variable of the environment. */
interface Setting<T> {
  /** Absent: the variable must be set. Empty: computed from other settings, or really empty. */
  readonly byDefault?: string;
  /** How docs/configuration.md shows the default where it is not a plain value. */
  readonly defaultShown?: string;
  readonly meaning: string;
  /** Completes the sentence "it must be …". */
  readonly range: string;
  readonly schema: z.ZodType<T, string>;
}

/** Ids are part of URLs, metrics and folder names. */
const idSyntax = /^[A-Za-z0-9_-]{1,64}$/;
const idRange = "1 to 64 letters, digits, `_` or `-`";
/** Host names as DNS and container networks have them. */
const hostNameSyntax = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** A whole number in decimal digits, without sign or leading zeros. */
const wholeNumber = (limits: WholeRange) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,14})$/)
    .transform(Number)
    .pipe(z.number().min(limits.min).max(limits.max));

const milliseconds = (limits: WholeRange) => ({
  range: `whole milliseconds, ${limits.min}..${limits.max}`,
  schema: wholeNumber(limits),
});

const zeroOrOne = {
  range: "0 or 1",
  schema: z.enum(["0", "1"]).transform((text) => text === "1"),
} as const;

/** Every setting; the order is that of the README. */
const settings = {
  NODE_ID: {
    meaning: "this node's id, one of `NODES`",
    range: `an id of ${idRange}`,
    schema: z.string().regex(idSyntax),
  },
  NODES: {
    meaning: "every member; the same on every node",
    range:
      "a comma separated list of id=host:grpcPort with ports 1..65535, " +
      `ids of ${idRange}, and IPv6 addresses in brackets`,
    schema: z.string().transform((text, context) => {
      const members = text.split(",").map(readMember);
      if (members.every((member) => member !== undefined)) return members;
      context.addIssue("not a list of members");
      return z.NEVER;
    }),
  },
  LEADER: {
    meaning: "id of the leader, one of `NODES`; the same on every node",
    range: `an id of ${idRange}`,
    schema: z.string().regex(idSyntax),
  },
  FAILOVER: {
    byDefault: "1",
    meaning:
      "1: when the leader is lost, the others elect another one, and `LEADER` leads again once it is back; 0: only `LEADER` leads",
    ...zeroOrOne,
  },
  ELECTION_TIMEOUT: {
    byDefault: "1000",
    meaning: "silence after which a follower takes its leader for lost",
    range: "whole milliseconds, 100..60000",
    schema: wholeNumber({ min: 100, max: 60_000 }),
  },
  READ_LEASE: {
    byDefault: "0",
    meaning:
      "1: the leader answers reads without asking followers while they have lent it a lease, which trusts clocks (only with `FAILOVER=1`); 0: a round of questions confirms that it still leads",
    ...zeroOrOne,
  },
  PORT: {
    byDefault: "4567",
    meaning: "port of REST and the page; 0 takes a free one",
    range: "a port, 0..65535",
    schema: wholeNumber({ min: 0, max: 65_535 }),
  },
  GRPC_PORT: {
    byDefault: "5567",
    meaning: "port of gRPC, for replication and the public service; 0 takes a free one",
    range: "a port, 0..65535",
    schema: wholeNumber({ min: 0, max: 65_535 }),
  },
  HOST: {
    byDefault: "127.0.0.1",
    meaning: "address to bind; `0.0.0.0` in containers",
    range: "an IPv4 or IPv6 address without brackets, or `localhost`",
    schema: z.string().refine((text) => text === "localhost" || isIP(text) !== 0),
  },
  ADVERTISE_URL: {
    byDefault: "",
    defaultShown: "`http://HOST:PORT`",
    meaning: "where clients reach this node's REST port; named in `NOT_LEADER` answers",
    range: "an http:// or https:// URL without user, query or fragment",
    schema: z.string().refine((text) => text === "" || isGatewayUrl(text)),
  },
  ALLOWED_HOSTS: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "further names that clients and pages reach this node's REST port by, such as that of a load balancer; addresses, `localhost`, and the names in `ADVERTISE_URL` and `NODES` need not be listed",
    range: "a comma separated list of host names without ports",
    schema: z.string().transform((text, context) => {
      const names = text.split(",").flatMap((name) => name.trim() || []);
      if (names.every((name) => hostNameSyntax.test(name))) return names;
      context.addIssue("not a list of host names");
      return z.NEVER;
    }),
  },
  DATA_DIR: {
    byDefault: "",
    defaultShown: "empty",
    meaning: "the folder of log and store, created if missing; empty: keep everything in memory",
    range: "a path",
    schema: z.string().refine((text) => !text.includes("\0")),
  },
  WRITE_QUORUM: {
    byDefault: "3",
    meaning: "follower acks that a write waits for",
    range: "a whole number from 0 to the number of followers",
    // How many followers there are is known once NODES is read: see checkTogether.
    schema: wholeNumber(quorumRange(Number.MAX_SAFE_INTEGER)),
  },
  MIN_DELAY: {
    byDefault: "0",
    meaning: "lower end of the simulated replication delay",
    ...milliseconds({ min: 0, max: delayMsMax }),
  },
  MAX_DELAY: {
    byDefault: "0",
    meaning: "upper end of the simulated replication delay, at least `MIN_DELAY`",
    ...milliseconds({ min: 0, max: delayMsMax }),
  },
  TIMEOUT: {
    byDefault: "5000",
    meaning: "how long a write waits for its quorum",
    ...milliseconds({ min: 1, max: timeoutMsMax }),
  },
  LOG_LEVEL: {
    byDefault: "info",
    meaning: "the least severe log lines to write",
    range: `one of ${logLevels.join(", ")}`,
    schema: z.enum(logLevels),
  },
  FAULTS: {
    byDefault: "0",
    meaning: "1: link faults can be set, on the page or with `/faults`",
    ...zeroOrOne,
  },
  CONTROL_URL: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "set by `npm start` for its nodes: where the page's buttons for processes lead, with `FAULTS=1`",
    range: "an http:// URL on 127.0.0.1",
    schema: z.string().refine((text) => text === "" || isControlUrl(text)),
  },
  LOG_RETENTION: {
    byDefault: "100000",
    meaning:
      "applied entries kept for catch-up and watchers, and about 512 MiB of them (four times that while a follower that takes a snapshot needs it); a follower that is further behind gets a snapshot",
    range: "a whole number of entries, 100..1000000000",
    schema: wholeNumber({ min: 100, max: 1_000_000_000 }),
  },
} as const satisfies Record<string, Setting<unknown>>;

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
    if (!outcome.success) throw refusal(name, given, setting.range);
    return outcome.data as z.output<(typeof settings)[Name]["schema"]>;
  };
  const host = read("HOST");
  const port = read("PORT");
  const shownHost = isIPv6(host) ? `[${host}]` : host;
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
    advertiseUrl: read("ADVERTISE_URL").replace(/\/+$/, "") || `http://${shownHost}:${port}`,
    allowedHosts: Object.freeze(read("ALLOWED_HOSTS")),
    dataDir: read("DATA_DIR"),
    writeQuorum: read("WRITE_QUORUM"),
    minDelay: read("MIN_DELAY"),
    maxDelay: read("MAX_DELAY"),
    timeout: read("TIMEOUT"),
    logLevel: read("LOG_LEVEL"),
    faults: read("FAULTS"),
    controlUrl: read("CONTROL_URL"),
    logRetention: read("LOG_RETENTION"),
  };
  checkTogether(config, env["NODES"] ?? "");
  Object.freeze(config.nodes);
  return Object.freeze(config);
}

/** Checks settings against each other, such as LEADER against the ids in NODES. */
function checkTogether(config: Config, nodesText: string): void {
  const ids = config.nodes.map((member) => member.id);
  const addresses = config.nodes.map((member) => `${member.host}:${member.grpcPort}`);
  const repeated = firstRepeated(ids) ?? firstRepeated(addresses);
  if (repeated !== undefined) {
    throw new ConfigError(
      `NODES is ${quoted(nodesText)}, but must name each id and address once; ` +
        `${quoted(repeated)} is repeated.`,
    );
  }
  const known = `one of the ids in NODES: ${ids.join(", ")}`;
  if (!ids.includes(config.nodeId)) throw refusal("NODE_ID", config.nodeId, known);
  if (!ids.includes(config.leader)) throw refusal("LEADER", config.leader, known);
  if (config.readLease && !config.failover)
    throw refusal(
      "READ_LEASE",
      "1",
      "0 while FAILOVER is 0: nobody else can lead, and reads ask nobody",
    );
  const fault = quorumFault(config.writeQuorum, ids.length - 1);
  if (fault !== undefined)
    throw refusal("WRITE_QUORUM", String(config.writeQuorum), `${fault} in NODES`);
  if (config.minDelay > config.maxDelay) {
    const range = `at most MAX_DELAY, which is ${config.maxDelay}`;
    throw refusal("MIN_DELAY", String(config.minDelay), range);
  }
}

const refusal = (name: string, value: string, range: string): ConfigError =>
  new ConfigError(`${name} is ${quoted(value)}, but must be ${range}.`);

/** A value in quotes on one line, cut where it is long. */
const quoted = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** One item of NODES; undefined if it has another form. */
function readMember(text: string): MemberAddress | undefined {
  const parts = /^\s*([^=\s]+)=(\[[^\]]+\]|[^:\s]+):([1-9]\d{0,4})\s*$/.exec(text);
  const [, id = "", host = "", port = ""] = parts ?? [];
  const goodHost = host.startsWith("[") ? isIPv6(host.slice(1, -1)) : hostNameSyntax.test(host);
  if (!idSyntax.test(id) || !goodHost || Number(port) > 65_535) return undefined;
  return { id, host, grpcPort: Number(port) };
}

/** Whether clients can be told to use this URL: it must not need a user, a query or a fragment. */
function isGatewayUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** A launcher on this machine, and nothing else: the node sends requests there. */
function isControlUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "http:" && url.hostname === "127.0.0.1" && url.username === "";
}

const firstRepeated = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);
