/** `kv` as people run it: processes, against a cluster of processes. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runKv, startKv } from "../../test/client/kv.ts";
import { type Cluster, startCluster } from "../../test/support/cluster.ts";
import { findProgram, need } from "../../test/support/programs.ts";
import { ExportWriter } from "./transfer/format.ts";

let cluster: Cluster;
let folder: string;
let endpoint: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kv-cli-"));
  const env = { WRITE_QUORUM: "1", ELECTION_TIMEOUT: "2000", IDEMPOTENCY_KEYS: "100" };
  cluster = await startCluster({ followers: 2, disk: true, failover: true, env });
  // Any node will do.
  endpoint = cluster.followers[0]?.url ?? "";
});
afterAll(async () => {
  await cluster?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const patient = ["--timeout", "120000"];
const kv = (...words: string[]) => runKv(endpoint, [...patient, ...words]);
const kvWith = (input: string, ...words: string[]) =>
  runKv(endpoint, [...patient, ...words], { input });

describe("keys", () => {
  test("put, get, list and del in every form of output", async () => {
    expect(await kv("put", "a/1", "hello", "-o", "json")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\{"key":"a\/1","version":\d+,"quorum":1,"acks":\[/),
    });
    expect((await kv("get", "a/1", "-o", "raw")).stdout).toBe("hello\n");
    expect((await kv("get", "a/1", "-o", "json")).stdout).toMatch(
      /^\{"key":"a\/1","value":"hello","version":\d+\}\n$/,
    );
    expect((await kv("get", "a/1")).stdout).toMatch(/^KEY +VERSION +VALUE\na\/1 +\d+ +"hello"\n$/);
    expect((await kv("list", "a/", "-o", "raw")).stdout).toBe("a/1\n");
    expect((await kv("del", "a/1", "-o", "raw")).stdout).toMatch(/^\d+\n$/);
    expect(await kv("get", "a/1")).toEqual({ code: 2, stdout: "", stderr: 'kv: no key "a/1"\n' });
    expect(await kv("del", "a/1")).toMatchObject({ code: 2 });
  });

  test("several keys are got in one view, and each that is missing is named", async () => {
    await kv("batch", '[{"put":{"key":"m/1","value":1.10}},{"put":{"key":"m/2","value":"x"}}]');
    const all = await kv("get", "m/2", "m/1", "-o", "json");
    expect(all).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^\{"entries":\[\{"key":"m\/2","value":"x","version":(\d+)\},\{"key":"m\/1","value":1.10,"version":\1\}\],"sequence":\d+\}\n$/,
      ),
    });
    const some = await kv("get", "m/1", "m/0", "m/2", "-o", "raw");
    expect(some).toEqual({ code: 2, stdout: "1.10\nx\n", stderr: 'kv: no key "m/0"\n' });
    expect((await kv("get", "m/1", "m/0", "-o", "json")).stdout).toContain('},null],"sequence"');
  });

  test("a write that is run again with its idempotency key is written once", async () => {
    const put = (value: string) => kv("put", "i/1", value, "--idempotency-key", "i-1", "-o", "raw");
    const first = await put("1");
    expect(first).toMatchObject({ code: 0 });
    expect(await put("1")).toEqual(first);
    expect(await put("2")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("IDEMPOTENCY_KEY_REUSED"),
    });
  });

  test("values come from the argument, from a file and from standard input, with all digits", async () => {
    const text = '{"n":12345678901234567890.10}';
    const file = join(folder, "value.json");
    writeFileSync(file, `${text}\n`);
    for (const run of [
      kv("put", "v/1", text),
      kv("put", "v/2", `@${file}`),
      kvWith(`${text}\n`, "put", "v/3", "-"),
    ]) {
      expect(await run).toMatchObject({ code: 0 });
    }
    for (const key of ["v/1", "v/2", "v/3"]) {
      expect((await kv("get", key, "-o", "raw")).stdout).toBe(`${text}\n`);
    }
    await kv("put", "v/4", "5", "--string");
    expect((await kv("get", "v/4", "-o", "json")).stdout).toContain('"value":"5"');
  });

  test("half a value is not stored as a string", async () => {
    expect(await kv("put", "half", '{"a":')).toMatchObject({ code: 1 });
    expect(await kvWith("hello", "put", "half", "-")).toMatchObject({ code: 1 });
    expect(await kv("put", "half", "@/does/not/exist")).toMatchObject({ code: 1 });
    expect(await kv("get", "half")).toMatchObject({ code: 2 });
  });

  test("a failed condition is a conflict", async () => {
    expect(await kv("put", "once", "1", "--if-version", "0")).toMatchObject({ code: 0 });
    const again = await kv("put", "once", "2", "--if-version", "0");
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining("VERSION_MISMATCH") });
  });

  test("a batch is taken from an array and from lines", async () => {
    const operations = ['{"put":{"key":"b/1","value":1.10}}', '{"put":{"key":"b/2","value":"x"}}'];
    expect(await kv("batch", `[${operations}]`)).toMatchObject({ code: 0 });
    expect(await kvWith('{"delete":{"key":"b/2"}}\n', "batch", "-")).toMatchObject({ code: 0 });
    expect((await kv("list", "b/", "-o", "json")).stdout).toContain('"key":"b/1","value":1.10');
    expect(await kv("batch", '[{"put":{"key":"b/1"}}]')).toMatchObject({ code: 1 });
    const checked = '[{"check":{"key":"b/2","ifVersion":7}},{"delete":{"key":"b/1"}}]';
    expect(await kv("batch", checked)).toMatchObject({ code: 3 });
  });

  test("--trace draws the acks", async () => {
    const { stdout } = await kv("put", "traced", "1", "--quorum", "2", "--trace");
    expect(stdout.match(/━*● +[\d.]+ ms/g)).toHaveLength(2);
    expect(stdout).toContain("settled by 2 of them and the leader");
  });

  test("control characters do not reach a terminal", async () => {
    const key = "esc/\u001b[2J\u009b1m\u202e";
    await kv("put", key, `"\u0085\u001b"`, "--string");
    for (const words of [
      ["list", "esc/"],
      ["get", key],
      ["list", "esc/", "-o", "json"],
    ]) {
      const { stdout, code } = await runKv(endpoint, words, { isTTY: true });
      expect(code).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });
});

describe("exit codes", () => {
  test("1: wrong usage, with a sentence", async () => {
    for (const words of [
      ["list", "--limit", "0"],
      ["nonsense"],
      ["get"],
      ["put", "a", "1", "-o", "x"],
    ]) {
      expect(await kv(...words)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("error"),
      });
    }
    expect((await runKv("ftp://host", ["get", "a"])).code).toBe(1);
    expect((await kv("put", "", "1")).code).toBe(1);
  });

  test("4: nobody answers, and nothing was written", async () => {
    // The process ends so too.
    const { ended } = startKv("http://127.0.0.1:9", ["--timeout", "500", "put", "a", "1"]);
    expect(await ended).toMatchObject({ code: 4, stderr: expect.stringContaining("UNREACHABLE") });
  });

  test("5: the followers are frozen, so nobody knows", async () => {
    for (const node of cluster.followers) node.freeze();
    try {
      const words = ["--timeout", "2000", "put", "unknown", "1"];
      const ran = await runKv(cluster.leader.url, words);
      // Sent again, it may end with another code, and is as unknown.
      expect(ran.stderr).toContain("the write may be stored, or may still be");
      expect(ran).toMatchObject({ code: 5, stdout: "" });
    } finally {
      for (const node of cluster.followers) node.thaw();
    }
    await cluster.untilReady();
  });

  test("--help documents them", async () => {
    const { stdout, code } = await kv("--help");
    expect(code).toBe(0);
    for (const exit of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^  ${exit}  `, "m"));
  });
});

describe("the cluster", () => {
  test("status, members, leader and config show it", async () => {
    expect((await kv("status", "leader", "-o", "json")).stdout).toContain('"id":"leader"');
    const { stdout } = await kv("members");
    for (const { id, url } of cluster.nodes)
      expect(stdout).toMatch(new RegExp(`^${id} .*${url}$`, "m"));
    expect((await kv("leader", "-o", "raw")).stdout).toMatch(/^(leader|follower\d)\n$/);
    expect((await kv("config")).stdout).toMatch(/^writeQuorum +1$/m);
  });

  test("config set changes settings, and names what it refuses", async () => {
    expect((await kv("config", "set", "writeQuorum=2")).stdout).toMatch(/^writeQuorum +2$/m);
    expect(await kv("config", "set", "writeQuorum=1")).toMatchObject({ code: 0 });
    for (const wrong of ["writeQuorum=99", "writeQuorum", "nonsense=1"]) {
      expect(await kv("config", "set", wrong)).toMatchObject({ code: 1 });
    }
  });

  test("diff finds what a slow follower does not have yet", async () => {
    await cluster.untilReady();
    const leader = await cluster.untilLed();
    // Leadership moves to follower1 below, and what is held back stays so.
    const others = cluster.nodes.filter((node) => node !== leader && node.id !== "follower1");
    const slow = others[0]?.id ?? "";
    const delays = (ms: number) =>
      `followerDelays=${JSON.stringify({ [slow]: { minDelayMs: ms, maxDelayMs: ms } })}`;
    await kv("put", "diff/1", "1", "--quorum", "2");
    await kv("config", "set", delays(60_000));
    const { stdout: version } = await kv("put", "diff/2", "2", "-o", "raw");
    // A write is answered when it is settled, and applied after that.
    await kv("wait", "--version", version.trim(), "--node", leader.id);
    const ran = await kv("diff", leader.id, slow, "-o", "json");
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout).keys).toContainEqual({
      key: "diff/2",
      versions: [expect.any(String), null],
    });
    await kv("config", "set", "followerDelays={}");
    expect(await kv("diff", leader.id, leader.id)).toMatchObject({ code: 0 });
  });

  test("wait ends when it is ready, when a key exists, or by its time", async () => {
    expect(await kv("wait")).toMatchObject({ code: 0 });
    const waiting = kv("wait", "--key", "awaited");
    const written = await kv("put", "awaited", "1", "-o", "raw");
    expect(await waiting).toMatchObject({ code: 0 });
    expect(await kv("wait", "--version", written.stdout.trim())).toMatchObject({ code: 0 });
    const late = await runKv(endpoint, ["--timeout", "300", "wait", "--key", "never"]);
    expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining("never") });
  });

  test("bench reports its figures, and leaves nothing behind", async () => {
    const ran = await kv("bench", "--writes", "40", "--clients", "4", "-o", "json");
    expect(JSON.parse(ran.stdout)).toMatchObject({ writes: 40, p99Ms: expect.any(Number) });
    expect((await kv("list", "bench/", "-o", "raw")).stdout.trim()).toBe("");
  });

  test("bench makes the cluster forget no idempotency key of others", async () => {
    const put = () => kv("put", "i/2", "1", "--idempotency-key", "i-2", "-o", "raw");
    const first = await put();
    expect(await kv("bench", "--writes", "200", "--clients", "20")).toMatchObject({ code: 0 });
    expect(await put()).toEqual(first);
  });
});

describe("export and import", () => {
  const count = 300;
  const keyOf = (index: number) => `t/${String(index).padStart(4, "0")}`;

  test("a file brings every key back, with every digit", async () => {
    const puts = Array.from({ length: 120 }, (_, index) => ({
      text: `{"put":{"key":"${keyOf(index)}","value":${index}.10}}`,
    }));
    await kvWith(puts.map(({ text }) => text).join("\n"), "batch", "-");
    const file = join(folder, "t.ndjson");
    expect(await kv("export", file, "--prefix", "t/")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("120 entries exported"),
    });
    expect(existsSync(`${file}.part`)).toBe(false);
    const piped = await kv("export", "--prefix", "t/");
    expect(piped.stdout.split("\n").slice(1, 3)).toEqual(
      readFileSync(file, "utf8").split("\n").slice(1, 3),
    );
    await kv("del", keyOf(3));
    await kv("put", keyOf(4), '"changed"');
    expect(await kv("import", file, "--resume")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("2 of 120 entries written, 118 were there already"),
    });
    expect((await kv("get", keyOf(4), "-o", "raw")).stdout).toBe("4.10\n");
    expect(await kvWith(readFileSync(file, "utf8"), "import", "-")).toMatchObject({ code: 0 });
  });

  test("of a file that is not whole, nothing is written", async () => {
    const writer = new ExportWriter();
    const lines = [
      writer.header({ prefix: "", sequence: 1, digest: null }),
      writer.record({ key: "not-whole", value: "1", version: 1 }),
    ];
    const file = join(folder, "cut.ndjson");
    writeFileSync(file, `${lines.join("\n")}\n`);
    expect(await kv("import", file)).toMatchObject({
      code: 1,
      stderr:
        "kv: line 3: the file ends before its trailer: it is not whole; nothing was written\n",
    });
    expect(await kv("get", "not-whole")).toMatchObject({ code: 2 });
  });

  test("an import that stops says what was written, and goes on with --resume", async () => {
    const fileWith = (last: string): string => {
      const writer = new ExportWriter();
      const records = Array.from({ length: count }, (_, index) => ({
        ...{ key: `s/${keyOf(index)}`, version: 1 },
        value: index === count - 1 ? last : String(index),
      }));
      const header = writer.header({ prefix: "", sequence: 1, digest: null });
      const lines = [header, ...records.map((each) => writer.record(each)), writer.trailer(1)];
      const file = join(folder, "stops.ndjson");
      writeFileSync(file, `${lines.join("\n")}\n`);
      return file;
    };
    // The file is whole, but no store takes this value.
    const tooDeep = "[".repeat(200) + "]".repeat(200);
    const stopped = await kv("import", fileWith(tooDeep));
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("stopped: 256 of 300 entries are written; the others are not");
    expect(await kv("import", fileWith("0"), "--resume")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("44 of 300 entries written, 256 were there already"),
    });
  });
});

describe("an import that is run again", () => {
  const fileOf = (name: string, values: readonly string[]): string => {
    const writer = new ExportWriter();
    const records = values.map((value, index) => ({
      ...{ key: `${name}/${String(index).padStart(4, "0")}`, value, version: 1 },
    }));
    const header = writer.header({ prefix: "", sequence: 1, digest: null });
    const lines = [header, ...records.map((each) => writer.record(each)), writer.trailer(1)];
    const file = join(folder, `${name}.ndjson`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  };
  const versions = async (prefix: string) =>
    JSON.parse((await kv("list", prefix, "--limit", "1000", "-o", "json")).stdout).entries.map(
      ({ version }: { version: number }) => version,
    );

  test("with its idempotency key writes no entry twice, and of another file none", async () => {
    const values = Array.from({ length: 200 }, (_, index) => String(index));
    const file = fileOf("again", values);
    expect(await kv("import", file, "--idempotency-key", "again")).toMatchObject({ code: 0 });
    const before = await versions("again/");
    expect(before).toHaveLength(200);
    expect(await kv("import", file, "--idempotency-key", "again")).toMatchObject({ code: 0 });
    expect(await versions("again/")).toEqual(before);
    const other = fileOf(
      "again",
      values.map(() => "0"),
    );
    expect(await kv("import", other, "--idempotency-key", "again")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("0 of 200 entries are written; the others are not"),
    });
    expect(await kv("import", file)).toMatchObject({ code: 0 });
    expect(await versions("again/")).not.toEqual(before);
    const both = ["--resume", "--idempotency-key", "again"];
    expect(await kv("import", file, ...both)).toMatchObject({ code: 1 });
  });

  test("leaves out what is there, also where the store has more than one view can show", async () => {
    const large = `"${"x".repeat(900_000)}"`;
    for (let index = 0; index < 4; index += 1) {
      await kvWith(large, "put", `large/000${index}`, "-");
    }
    const file = fileOf("large", ["1", large, "3", "4"]);
    expect(await kv("import", file, "--resume")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("3 of 4 entries written, 1 were there already"),
    });
  });
});

describe("completion", () => {
  const complete = (shell: string, script: string): string =>
    execFileSync(shell, ["-c", script], { encoding: "utf8" });

  test("bash offers commands, then their options", async () => {
    const { stdout } = await kv("completion", "bash");
    const words = (given: string) =>
      complete(
        "bash",
        `${stdout}\nCOMP_WORDS=(${given} ""); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _kv; echo "\${COMPREPLY[@]}"`,
      ).split(/\s+/);
    expect(words("kv")).toEqual(expect.arrayContaining(["get", "put", "watch", "--endpoints"]));
    expect(words("kv -o json put")).toEqual(expect.arrayContaining(["--if-version", "--trace"]));
    expect(words("kv leader")).toContain("move");
  });

  describe.each(["zsh", "fish"])("%s", (shell) => {
    test("has a script", async () => {
      const { stdout, code } = await kv("completion", shell);
      expect({ code, mentions: stdout.includes("import") }).toEqual({ code: 0, mentions: true });
    });

    test("takes it", async (context) => {
      need(context, { [shell]: findProgram(shell) });
      const { stdout } = await kv("completion", shell);
      const check = spawnSync(shell, ["--no-execute", "-c", stdout], { encoding: "utf8" });
      expect(check).toMatchObject({ stderr: "", status: 0 });
    });
  });
});

const olderNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((path) => join(path, "node"))
  .filter((file) => existsSync(file))
  .find((file) => !/^v2[4-9]/.test(String(spawnSync(file, ["--version"]).stdout)));

test("an older Node runs kv by the newer one", async (context) => {
  need(context, { "a Node before 24": olderNode });
  const run = (...words: string[]) => startKv(endpoint, [...patient, ...words], olderNode).ended;
  expect(await run("put", "older", "node")).toMatchObject({ code: 0 });
  expect(await run("get", "no-such-key")).toMatchObject({ code: 2 });
});

describe("a leader that goes", () => {
  test("leader move names the next one", async () => {
    const ran = await kv("leader", "move", "follower1", "-o", "raw");
    expect(ran).toMatchObject({ code: 0, stdout: "follower1\n" });
  });

  test("watch survives its node, says so, and misses and repeats nothing", async () => {
    const node = (await cluster.untilLed()) ?? cluster.leader;
    const all = cluster.nodes.map(({ url }) => url).join(",");
    const put = async (key: string): Promise<string> => {
      const { code, stdout } = await runKv(all, [...patient, "put", key, "1", "-o", "raw"]);
      expect(code).toBe(0);
      return stdout.trim();
    };
    const first = await put("w/0");
    const words = ["watch", "w/", "--after", first, "--count", "4", "-o", "json"];
    const watching = startKv(node.url, words);
    let said = "";
    const opened = new Promise<void>((resolve) => {
      watching.child.stderr?.on("data", (text: string) => {
        said += text;
        if (said.includes("watching at")) resolve();
      });
    });
    await Promise.race([opened, watching.ended.then(({ stderr }) => expect(stderr).toBe(""))]);
    await put("w/1");
    await put("w/2");
    await node.kill();
    await put("w/3");
    node.start();
    await put("w/4");
    const ran = await watching.ended;
    expect(ran.code).toBe(0);
    const keys = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).key);
    expect(keys).toEqual(["w/1", "w/2", "w/3", "w/4"]);
    expect(ran.stderr).toMatch(/connection to \S+ lost; resuming after sequence \d+/);
    expect(ran.stderr.match(/watching at/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
