import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { certificateFolder, memberNames } from "../../test/support/certificates.ts";
import { openRotating } from "./rotation.ts";

const settings = { cert: "TLS_CERT", key: "TLS_KEY", ca: "TLS_CA" };

/** A log, and a way to wait for its lines. */
function listen() {
  const lines: string[] = [];
  let check = () => {};
  const write = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
    check();
  };
  const until = async (count: number) => {
    while (lines.length < count) {
      await new Promise<void>((resolve) => {
        check = resolve;
      });
    }
  };
  return { lines, until, log: { debug() {}, info: write, warn: write, error: write } };
}

/** In one step: nobody reads half a file. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

async function rotating() {
  const folder = await certificateFolder();
  const files = await folder.issue(memberNames("a"));
  const heard = listen();
  const opened = await openRotating({ files, settings, member: "a" }, heard.log, 20);
  onTestFinished(() => opened.close());
  let changes = 0;
  opened.onChange(() => {
    changes += 1;
  });
  return { folder, files, ...heard, opened, changes: () => changes };
}

test("the pair in use stays while its files are half replaced, which is said once", async () => {
  const { folder, files, lines, until, opened, changes } = await rotating();
  const before = opened.current;
  const next = await folder.authority.issue(memberNames("a"));
  replace(files.cert, next.cert);
  await until(1);
  expect(lines[0]).toMatch(
    /^TLS_CERT: the certificate in use stays; .*is not the private key of TLS_CERT/,
  );
  expect([opened.current, changes()]).toEqual([before, 0]);
  replace(files.key, next.key);
  await until(2);
  expect(lines[1]).toMatch(/^TLS_CERT: the new certificate is in use/);
  expect([opened.current.texts.cert, changes()]).toEqual([next.cert, 1]);
  expect(lines).toHaveLength(2);
});

test("files that are missing, cut or of another member leave the pair in use", async () => {
  const { folder, files, lines, until, opened, changes } = await rotating();
  const before = opened.current;
  const cert = readFileSync(files.cert, "utf8");
  renameSync(files.key, `${files.key}.old`);
  await until(1);
  renameSync(`${files.key}.old`, files.key);
  replace(files.cert, cert.slice(0, 200));
  await until(2);
  const other = await folder.authority.issue(memberNames("b"));
  // In this order, so that the two do not match for a moment that may or may not be seen.
  replace(files.key, other.key);
  replace(files.cert, other.cert);
  await until(3);
  rmSync(files.ca);
  await until(4);
  expect(lines.map((line) => /which ([^.]*)/.exec(line)?.[1])).toEqual([
    "cannot be read (ENOENT)",
    "holds no certificate in PEM",
    expect.stringMatching(/^names the member b/),
    "cannot be read (ENOENT)",
  ]);
  expect([opened.current, changes()]).toEqual([before, 0]);
});

test("after a fault, the files from before are taken as they were, without a word", async () => {
  const { files, lines, until, changes, folder } = await rotating();
  const cert = readFileSync(files.cert, "utf8");
  replace(files.cert, "");
  await until(1);
  replace(files.cert, cert);
  // A later fault is said again, so the former one is over.
  const { key } = await folder.authority.issue(memberNames("a"));
  replace(files.key, key);
  await until(2);
  expect([lines.length, changes()]).toEqual([2, 0]);
});
