/** The files of TLS, between nodes and for clients. */
import { z } from "zod";
import { isBeyondLoopback } from "./loopback.ts";
import { ConfigError, quoted, refusal } from "./refusals.ts";
import { pathText, type Setting, zeroOrOne } from "./setting.ts";

const file = { byDefault: "", defaultShown: "empty", range: "a path", schema: pathText } as const;

/** In the order of docs/configuration.md. */
export const tlsSettings = {
  TLS_CERT: {
    ...file,
    meaning:
      "this member's certificate and its intermediates, in PEM; its alternative names include `URI:quorumkv://member/<NODE_ID>`. With it both ports speak TLS, and nodes replicate with members alone; empty: no TLS",
  },
  TLS_KEY: { ...file, meaning: "the private key of `TLS_CERT`, which others may not read" },
  TLS_CA: { ...file, meaning: "the certificates that issue those of members" },
  CLIENT_TLS_CERT: {
    ...file,
    defaultShown: "`TLS_CERT`",
    meaning: "the certificate that clients of REST and gRPC are shown",
  },
  CLIENT_TLS_KEY: { ...file, defaultShown: "`TLS_KEY`", meaning: "its private key" },
  CLIENT_TLS_CA: {
    ...file,
    defaultShown: "`TLS_CA`",
    meaning: "the certificates that issue those of clients; clients need none",
  },
  TLS_MODE: {
    byDefault: "required",
    meaning:
      "`permissive`: plaintext is accepted as well, and spoken to members that do not speak TLS, while a cluster changes over; of no effect without `TLS_CERT`",
    range: "required or permissive",
    schema: z.enum(["required", "permissive"]),
  },
  INSECURE: {
    byDefault: "0",
    meaning:
      "1: start on a `HOST` beyond this machine without required TLS and tokens; whoever reaches the ports may then use them",
    ...zeroOrOne,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** A certificate with its private key, and what issues the certificates of the other side. All are paths. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** TLS_CERT is set. */
export interface TlsConfig {
  readonly member: TlsFiles;
  /** CLIENT_TLS_*, or the member's. */
  readonly client: TlsFiles;
  /** TLS_MODE=permissive. */
  readonly permissive: boolean;
}

/** As set; empty where not set. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly clientCa: string;
}

/** Undefined without TLS. Throws a ConfigError where only a part of the files is named. */
export function tlsOf(paths: TlsPaths, permissive: boolean): TlsConfig | undefined {
  const { cert, key, ca, clientCert, clientKey, clientCa } = paths;
  needsAll({ TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca });
  needsAll({ CLIENT_TLS_CERT: clientCert, CLIENT_TLS_KEY: clientKey });
  if (cert === "") {
    const alone = clientCert === "" ? clientCa : clientCert;
    const name = clientCert === "" ? "CLIENT_TLS_CA" : "CLIENT_TLS_CERT";
    if (alone !== "") throw refusal(name, alone, "empty while TLS_CERT is not set");
    return undefined;
  }
  const client = { cert: clientCert || cert, key: clientKey || key, ca: clientCa || ca };
  return Object.freeze({
    member: Object.freeze({ cert, key, ca }),
    client: Object.freeze(client),
    permissive,
  });
}

/** All of these, or none. */
function needsAll(files: Readonly<Record<string, string>>): void {
  const [set] = Object.entries(files).filter(([, path]) => path !== "");
  const missing = Object.keys(files).find((name) => files[name] === "");
  if (set === undefined || missing === undefined) return;
  throw new ConfigError(
    `${missing} is not set, but must be a path while ${set[0]} is ${quoted(set[1])}.`,
  );
}

/**
 * Whether the node is open to other machines without required TLS and tokens. Throws a ConfigError
 * where INSECURE does not say so.
 */
export function isInsecure(settings: {
  readonly host: string;
  readonly tls: TlsConfig | undefined;
  readonly tokensFile: string;
  readonly insecure: boolean;
}): boolean {
  const { host, tls, tokensFile, insecure } = settings;
  const isGuarded = tls !== undefined && !tls.permissive && tokensFile !== "";
  if (isGuarded || !isBeyondLoopback(host)) return false;
  if (insecure) return true;
  const lacks = [
    tls === undefined ? "TLS_CERT is not set" : tls.permissive ? "TLS_MODE is permissive" : [],
    tokensFile === "" ? "TOKENS_FILE is not set" : [],
  ].flat();
  throw new ConfigError(
    `HOST is ${quoted(host)}, which other machines reach, but ${lacks.join(" and ")}: ` +
      "set TLS_CERT, TLS_KEY, TLS_CA and TOKENS_FILE, or INSECURE=1 to serve whoever reaches the ports.",
  );
}
