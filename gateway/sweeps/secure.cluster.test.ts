/** A sweep on a node that speaks TLS alone, with a certificate for other names than those of this machine. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { expect, onTestFinished, test } from "vitest";
import { certificateFolder } from "../../test/support/certificates.ts";
import { startSmallCluster } from "../../test/support/small-cluster.ts";

test("runs to its end", async () => {
  const folder = await certificateFolder();
  const cluster = await startSmallCluster({
    followers: 1,
    tls: async (id) => {
      const own = await folder.member(id);
      return { ...own, client: await folder.issue({ name: `${id}-clients`, dns: ["kv.example"] }) };
    },
  });
  onTestFinished(() => cluster.close());
  const call = async (method: string, path: string, body?: string) => {
    const sent = request(cluster.leader.gateway.url + path, {
      ...{ method, agent: false, ca: folder.authority.cert, servername: "kv.example" },
      headers: { "content-type": "application/json" },
    });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return text;
  };
  const wanted = { quorums: [1], clients: 2, writes: 3, rounds: 1, minDelay: 0, maxDelay: 1 };
  const { sweep } = JSON.parse(await call("POST", "/sweeps", JSON.stringify(wanted)));
  // The stream ends with the sweep.
  await call("GET", `/sweeps/${sweep.id}/events`);
  expect(JSON.parse(await call("GET", `/sweeps/${sweep.id}`)).sweep).toMatchObject({
    state: "done",
    progress: { writesDone: 6, writesTotal: 6 },
    results: [{ quorum: 1, samples: 6, errors: 0 }],
  });
});
