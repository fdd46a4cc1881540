/** A certificate authority for development and tests. Its key is never written, and ends with the process. */
// The library below needs it, and says so.
import "reflect-metadata";
import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { memberUri } from "../../src/tls/member-name.ts";

/** Both in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is issued for. */
export interface Wanted {
  /** The common name, for people. */
  readonly name: string;
  /** Ids of the members it names; a proper one names one. */
  readonly members?: readonly string[];
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  /** From now on, and for `validDays`, where absent. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority {
  /** Its own certificate, in PEM. */
  readonly cert: string;
  issue(wanted: Wanted): Promise<Issued>;
}

export const validDays = 365;
const dayMs = 86_400_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Makes a key, and a certificate that issues others. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await createKeys();
  const own = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serialNumber(), name: `CN=${name}`, keys, ...validity({ name }) },
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: pem(own),
    issue: async (wanted) => {
      const { publicKey, privateKey } = await createKeys();
      const certificate = await X509CertificateGenerator.create({
        ...{ serialNumber: serialNumber(), subject: `CN=${wanted.name}`, issuer: own.subject },
        ...{ publicKey, signingKey: keys.privateKey, signingAlgorithm: algorithm },
        ...validity(wanted),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension(namesOf(wanted)),
          await SubjectKeyIdentifierExtension.create(publicKey),
          await AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      const key = KeyObject.from(privateKey).export({ type: "pkcs8", format: "pem" });
      return { cert: pem(certificate), key: key.toString() };
    },
  };
}

const createKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

const pem = (certificate: X509Certificate): string => `${certificate.toString("pem")}\n`;

/** A positive number, as the standard wants it. */
const serialNumber = (): string => `01${randomBytes(15).toString("hex")}`;

/** An hour earlier than now: clocks differ. */
const validity = ({ notBefore, notAfter }: Wanted) => ({
  notBefore: notBefore ?? new Date(Date.now() - 3_600_000),
  notAfter: notAfter ?? new Date(Date.now() + validDays * dayMs),
});

const namesOf = ({ members = [], dns = [], ips = [] }: Wanted) => [
  ...members.map((id) => ({ type: "url" as const, value: memberUri(id) })),
  ...dns.map((value) => ({ type: "dns" as const, value })),
  ...ips.map((value) => ({ type: "ip" as const, value })),
];
