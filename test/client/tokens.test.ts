/** Tokens, against real nodes that want them. */
import { startCluster } from "quorum-kv/testing";
import { expect, test } from "vitest";
import { KVError } from "../../client/src/errors.ts";
import { QuorumKV } from "../../client/src/quorum-kv.ts";
import { TestTokens } from "../support/token-file.ts";

const timeoutMs = 120_000;

test("a token goes with every call; without one, the first answer says so", async () => {
  const tokens = new TestTokens();
  const token = tokens.add("app", { role: "write", prefixes: ["app/"] });
  const cluster = await startCluster({ nodes: 3, env: { TOKENS_FILE: tokens.path } });
  try {
    const endpoints = cluster.endpoints.slice(1);
    const kv = new QuorumKV({ endpoints, token, timeoutMs });
    const { version } = await kv.put("app/1", 1);
    expect(await kv.get("app/1")).toMatchObject({ version });
    const watching = kv.watch({ prefix: "app/", after: version - 1 });
    expect((await watching.next()).value).toMatchObject({ key: "app/1" });
    await watching.return();

    const codeOf = async (call: Promise<unknown>): Promise<string> => {
      const error = await call.then(String, (thrown: unknown) => thrown);
      return error instanceof KVError ? `${error.code} ${error.written}` : String(error);
    };
    expect(await codeOf(kv.put("other", 1))).toBe("PERMISSION_DENIED no");
    const stranger = new QuorumKV({ endpoints, timeoutMs });
    expect(await codeOf(stranger.put("app/1", 2))).toBe("UNAUTHENTICATED no");
    expect(await codeOf(stranger.get("app/1"))).toBe("UNAUTHENTICATED no");
    expect(await codeOf(stranger.watch().next())).toBe("UNAUTHENTICATED no");
  } finally {
    await cluster.close();
    tokens.delete();
  }
});
