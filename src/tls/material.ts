/** Reads a certificate, its private key and the issuers of other certificates, and checks them. */
import { constants, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { TlsFiles } from "../config/tls-settings.ts";
import { memberIn, memberUri } from "./member-name.ts";

/** A certificate that can be used, with what belongs to it. */
export interface Material {
  readonly texts: Texts;
  readonly certificate: X509Certificate;
  /** Of the other side's certificates. */
  readonly issuers: readonly X509Certificate[];
  /** For connections that this node accepts or opens. */
  readonly context: SecureContext;
  readonly options: SecureContextOptions;
}

/** The names of the settings that name the files. */
type SettingNames = Readonly<Record<keyof TlsFiles, string>>;

/** Where to read, and for whom the certificate must be; `member` absent: for any name. */
export interface Wanted {
  readonly files: TlsFiles;
  readonly settings: SettingNames;
  readonly member?: string | undefined;
}

/** What others must not have of a private key. Its group may read it: containers mount secrets for a group. */
const othersMode = 0o027;
/** Bytes of one file; a list of hundreds of authorities takes less. */
const fileBytesMax = 4 * 1024 * 1024;

/** The texts of the files, in PEM. */
export type Texts = Readonly<Record<keyof TlsFiles, string>>;

/** A file that cannot be used. The message is one sentence that names its setting. */
class TlsFileError extends Error {
  override readonly name = "TlsFileError";
}

/** Throws a TlsFileError. */
export async function readTexts({ files, settings }: Wanted): Promise<Texts> {
  const read = async (kind: keyof TlsFiles): Promise<string> => {
    const path = files[kind];
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      // Of the file that is read, whatever its path names by then.
      const { mode, size } = await file.stat();
      if (kind === "key" && (mode & othersMode) !== 0)
        throw fault(settings.key, path, "others can read or change; chmod 600 mends that");
      if (size > fileBytesMax)
        throw fault(settings[kind], path, `has more than ${fileBytesMax} bytes`);
      return await file.readFile("utf8");
    } catch (error) {
      if (error instanceof TlsFileError) throw error;
      throw fault(settings[kind], path, `cannot be read (${codeOf(error)})`);
    } finally {
      await file?.close();
    }
  };
  return { cert: await read("cert"), key: await read("key"), ca: await read("ca") };
}

/** Throws a TlsFileError unless everything fits together and is valid now. */
export function checkTexts({ files, settings, member }: Wanted, texts: Texts): Material {
  const at = Date.now();
  const refuse = (kind: keyof TlsFiles, reason: string) =>
    fault(settings[kind], files[kind], reason);
  const [certificate] = certificatesIn(texts.cert);
  if (certificate === undefined) throw refuse("cert", "holds no certificate in PEM");
  const key = privateKeyIn(texts.key);
  if (key === undefined) throw refuse("key", "holds no private key in PEM without a password");
  if (!certificate.checkPrivateKey(key))
    throw refuse("key", `is not the private key of ${settings.cert}`);
  if (certificate.validToDate.getTime() <= at)
    throw refuse("cert", `expired on ${certificate.validToDate.toISOString()}`);
  if (certificate.validFromDate.getTime() > at)
    throw refuse("cert", `is not valid before ${certificate.validFromDate.toISOString()}`);
  const issuers = certificatesIn(texts.ca);
  if (issuers.length === 0) throw refuse("ca", "holds no certificate in PEM");
  if (member !== undefined) {
    const named = memberIn(certificate.subjectAltName);
    if (named !== member) {
      const names = named === undefined ? "no member" : `the member ${named}`;
      throw refuse("cert", `names ${names}; it must have the name URI:${memberUri(member)}`);
    }
    if (!isIssuedBy(certificate, issuers))
      throw refuse("cert", `is not issued by a certificate in ${settings.ca}`);
  }
  const options: SecureContextOptions = {
    ...texts,
    minVersion: "TLSv1.2",
    // No session is resumed: each connection is checked against what is in force.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    return { texts, certificate, issuers, options, context: createSecureContext(options) };
  } catch (error) {
    throw refuse("cert", `cannot be used (${codeOf(error)})`);
  }
}

/** Whether one of these issued the certificate itself; one that an intermediate issued is listed with that. */
export const isIssuedBy = (
  certificate: X509Certificate,
  issuers: readonly X509Certificate[],
): boolean =>
  issuers.some((issuer) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));

const fault = (setting: string, path: string, reason: string): TlsFileError =>
  new TlsFileError(`${setting} is ${JSON.stringify(path)}, which ${reason}.`);

const blocks = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Empty where one of them is malformed. */
function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return [...text.matchAll(blocks)].map(([block]) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
