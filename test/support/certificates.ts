/** Certificates for tests, made by the code of `npm run certs`, in a folder that ends with the test. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TlsConfig, TlsFiles } from "../../src/config/tls-settings.ts";
import { type Authority, createAuthority, type Wanted } from "../../tools/certs/authority.ts";

export interface CertificateFolder {
  readonly directory: string;
  readonly authority: Authority;
  /** Writes a certificate of this or another authority under that name, and says where its files are. */
  issue(wanted: Wanted, by?: Authority): Promise<TlsFiles>;
  /** That of a member, for both sides. */
  member(id: string, by?: Authority): Promise<TlsConfig>;
}

/** `keep`: whoever asks removes the folder. */
export async function certificateFolder(keep = false): Promise<CertificateFolder> {
  const directory = mkdtempSync(join(tmpdir(), "kv-certs-"));
  if (!keep) onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const authority = await createAuthority("test authority");
  const ca = join(directory, "ca.crt");
  writeFileSync(ca, authority.cert);
  const issue = async (wanted: Wanted, by = authority): Promise<TlsFiles> => {
    const { cert, key } = await by.issue(wanted);
    const files = {
      cert: join(directory, `${wanted.name}.crt`),
      key: join(directory, `${wanted.name}.key`),
      ca,
    };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    return files;
  };
  return {
    ...{ directory, authority, issue },
    member: async (id, by) => tlsWith(await issue(memberNames(id), by)),
  };
}

/** What a member's certificate on this machine needs. */
export const memberNames = (id: string): Wanted => ({
  ...{ name: id, members: [id], dns: ["localhost"], ips: ["127.0.0.1"] },
});

/** The settings of a node that has these files for both sides. */
export const tlsWith = (files: TlsFiles, permissive = false): TlsConfig => ({
  ...{ member: files, client: files, permissive },
});
