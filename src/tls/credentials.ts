/** What a node shows others and believes of them: a certificate as a member, and one for clients. */
import { systemClock } from "../clock.ts";
import type { TlsConfig } from "../config/tls-settings.ts";
import type { Log } from "../node/ports.ts";
import { secondsLeft, watchExpiry } from "./expiry.ts";
import type { Material } from "./material.ts";
import { openRotating, type Rotating } from "./rotation.ts";

/** Certificates as they are in force. Closed by whoever opened them. */
export interface Credentials {
  /** Plaintext is accepted as well, and spoken to members that speak nothing else. */
  readonly permissive: boolean;
  readonly member: Material;
  readonly client: Material;
  /** Calls `run` after each replacement of either. */
  onChange(run: () => void): void;
  /** Seconds that each certificate is still valid, by the name of its setting. */
  secondsLeft(): ReadonlyMap<string, number>;
  close(): void;
}

/** Rejects with one sentence that names the setting of a file that cannot be used. */
export async function openCredentials(
  { tls, nodeId }: { readonly tls: TlsConfig; readonly nodeId: string },
  log: Log,
): Promise<Credentials> {
  const member = await openRotating(
    {
      files: tls.member,
      settings: { cert: "TLS_CERT", key: "TLS_KEY", ca: "TLS_CA" },
      member: nodeId,
    },
    log,
  );
  const client = await openClient(tls, member, log);
  const certificates = new Map([
    ["TLS_CERT", member],
    [certSetting(tls), client],
  ]);
  const expiry = watchExpiry(certificates, log, systemClock);
  return {
    permissive: tls.permissive,
    get member() {
      return member.current;
    },
    get client() {
      return client.current;
    },
    onChange: (run) => {
      for (const rotating of new Set([member, client])) rotating.onChange(run);
    },
    secondsLeft: () => {
      const now = systemClock.wall();
      return new Map([...certificates].map(([name, one]) => [name, secondsLeft(one, now)]));
    },
    close: () => {
      expiry.close();
      for (const rotating of new Set([member, client])) rotating.close();
    },
  };
}

/** What clients are shown: the member's, unless a setting says otherwise. */
async function openClient(tls: TlsConfig, member: Rotating, log: Log): Promise<Rotating> {
  const hasOwnCa = tls.client.ca !== tls.member.ca;
  if (!hasOwnCert(tls) && !hasOwnCa) return member;
  const settings = {
    cert: certSetting(tls),
    key: hasOwnCert(tls) ? "CLIENT_TLS_KEY" : "TLS_KEY",
    ca: hasOwnCa ? "CLIENT_TLS_CA" : "TLS_CA",
  };
  try {
    return await openRotating({ files: tls.client, settings }, log);
  } catch (error) {
    member.close();
    throw error;
  }
}

const hasOwnCert = ({ client, member }: TlsConfig): boolean => client.cert !== member.cert;

const certSetting = (tls: TlsConfig): string => (hasOwnCert(tls) ? "CLIENT_TLS_CERT" : "TLS_CERT");
