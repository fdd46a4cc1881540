import { chmodSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type CertificateFolder,
  certificateFolder,
  memberNames,
} from "../../test/support/certificates.ts";
import { createAuthority } from "../../tools/certs/authority.ts";
import type { TlsFiles } from "../config/tls-settings.ts";
import { checkTexts, readTexts } from "./material.ts";
import { memberIn } from "./member-name.ts";

const settings = { cert: "TLS_CERT", key: "TLS_KEY", ca: "TLS_CA" };

async function read(files: TlsFiles) {
  const wanted = { files, settings, member: "a" };
  return checkTexts(wanted, await readTexts(wanted));
}

/** A file of the folder with that content. */
function file({ directory }: CertificateFolder, text: string): string {
  const path = join(directory, "other.pem");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("files that fit together are taken, with intermediates and a key for a group", async () => {
  const folder = await certificateFolder();
  const files = await folder.issue(memberNames("a"));
  chmodSync(files.key, 0o640);
  const { cert } = await folder.authority.issue(memberNames("z"));
  const chain = file(folder, (await readTexts({ files, settings })).cert + cert);
  expect((await read({ ...files, cert: chain })).certificate.subject).toBe("CN=a");
});

test.each<[string, (folder: CertificateFolder, files: TlsFiles) => unknown, string]>([
  [
    "missing",
    (_, files) => ({ ...files, cert: `${files.cert}.no` }),
    'TLS_CERT is ".*", which cannot be read \\(ENOENT\\)',
  ],
  [
    "a folder",
    (folder, files) => ({ ...files, ca: folder.directory }),
    'TLS_CA is ".*", which cannot be read \\(EISDIR\\)',
  ],
  [
    "no certificate",
    (folder, files) => ({ ...files, cert: file(folder, "x") }),
    'TLS_CERT is ".*", which holds no certificate in PEM',
  ],
  [
    "no authority",
    (folder, files) => ({ ...files, ca: file(folder, "") }),
    'TLS_CA is ".*", which holds no certificate in PEM',
  ],
  [
    "no key",
    (folder, files) => ({ ...files, key: file(folder, "x") }),
    'TLS_KEY is ".*", which holds no private key in PEM without a password',
  ],
  [
    "a key of another certificate",
    async (folder, files) => ({ ...files, key: (await folder.issue(memberNames("b"))).key }),
    'TLS_KEY is ".*", which is not the private key of TLS_CERT',
  ],
  [
    "a key for everybody",
    (_, files) => {
      chmodSync(files.key, 0o644);
      return files;
    },
    'TLS_KEY is ".*", which others can read or change; chmod 600 mends that',
  ],
  [
    "expired",
    (folder) =>
      folder.issue({ ...memberNames("a"), notBefore: new Date(1e12), notAfter: new Date(1.1e12) }),
    'TLS_CERT is ".*", which expired on 2004-11-09T11:33:20.000Z',
  ],
  [
    "not valid yet",
    (folder) =>
      folder.issue({ ...memberNames("a"), notBefore: new Date(4e12), notAfter: new Date(4.1e12) }),
    'TLS_CERT is ".*", which is not valid before 2096-10-02T07:06:40.000Z',
  ],
  [
    "of another member",
    (folder) => folder.issue(memberNames("b")),
    'TLS_CERT is ".*", which names the member b; it must have the name URI:quorumkv://member/a',
  ],
  [
    "of no member",
    (folder) => folder.issue({ name: "a", dns: ["a"] }),
    'TLS_CERT is ".*", which names no member; it must have the name URI:quorumkv://member/a',
  ],
  [
    "of another authority",
    async (folder) => folder.issue(memberNames("a"), await createAuthority("test authority")),
    'TLS_CERT is ".*", which is not issued by a certificate in TLS_CA',
  ],
])("%s: one sentence names the setting", async (_, spoil, sentence) => {
  const folder = await certificateFolder();
  const files = await folder.issue(memberNames("a"));
  const spoilt = (await spoil(folder, files)) as TlsFiles;
  await expect(read(spoilt)).rejects.toThrow(new RegExp(`^${sentence}\\.$`));
});

test.each([
  ["URI:quorumkv://member/a", "a"],
  ["DNS:h, URI:quorumkv://member/a, IP Address:::1", "a"],
  ["URI:quorumkv://member/a, URI:quorumkv://member/b", undefined],
  ["URI:quorumkv://members/a", undefined],
  ["DNS:quorumkv://member/a", undefined],
  ['DNS:"x, URI:quorumkv://member/a, y"', undefined],
  [undefined, undefined],
])("the names %s are those of %s", (names, member) => {
  expect(memberIn(names)).toBe(member);
});

test("a key is not read unless it was checked itself, though its path names another file in between", async () => {
  const folder = await certificateFolder();
  const files = await folder.issue(memberNames("a"));
  const inFolder = (name: string) => join(folder.directory, name);
  writeFileSync(inFolder("open"), "an open key", { mode: 0o644 });
  const key = inFolder("link");
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const exchange = async () => {
    for (let turn = 0; !isOver; turn++) {
      symlinkSync(turn % 2 === 0 ? inFolder("open") : files.key, inFolder("next"));
      renameSync(inFolder("next"), key);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  symlinkSync(files.key, key);
  const exchanging = exchange();
  let refused = 0;
  let read = 0;
  while (Math.min(read, refused) < 200) {
    const texts = await readTexts({ files: { ...files, key }, settings }).catch(() => undefined);
    if (texts === undefined) refused += 1;
    else read += 1;
    expect(texts?.key).not.toBe("an open key");
  }
  isOver = true;
  await exchanging;
});
