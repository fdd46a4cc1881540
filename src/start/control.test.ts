/** Whoever does not know the token can do nothing; whoever does can do what is named, and nothing else. */
import { expect, test } from "vitest";
import { openControl } from "./control.ts";

const ask = async (url: string, method = "POST") => {
  const answer = await fetch(url, { method });
  return { status: answer.status, nodes: ((await answer.json()) as { nodes: object }).nodes };
};

test("only known actions on known nodes, and only with the token", async () => {
  const { url, serve } = await openControl();
  expect(new URL(url).hostname).toBe("127.0.0.1");
  expect((await ask(`${url}/f1/kill`)).status).toBe(503);
  const acted = Promise.withResolvers<string>();
  const done: string[] = [];
  serve({
    states: () => ({ f1: "ready" }),
    act: (node, action) => {
      done.push(`${node} ${action}`);
      acted.resolve(`${node} ${action}`);
    },
  });
  const { origin, pathname } = new URL(url);
  const wrong = pathname.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  for (const other of [origin, `${origin}/`, `${origin}${wrong}`, `${origin}/f1/kill`])
    expect(await ask(`${other}/f1/kill`)).toEqual({ status: 403, nodes: {} });
  for (const path of ["/f1/burn", "/f2/kill", "/toString/kill", "/f1", "/f1/kill/now", ""])
    expect((await ask(url + path)).status, path).toBe(404);
  expect(await ask(url, "GET")).toEqual({ status: 200, nodes: { f1: "ready" } });
  expect(await ask(`${url}/f1/freeze`)).toEqual({ status: 202, nodes: { f1: "ready" } });
  expect(await acted.promise).toBe("f1 freeze");
  expect(done).toEqual(["f1 freeze"]);
});
