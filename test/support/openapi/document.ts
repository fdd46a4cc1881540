/** The OpenAPI document as a node serves it that has all calls: with FAULTS=1, and under npm start. */
import { ask } from "../rest.ts";
import { startSmallCluster } from "../small-cluster.ts";
import type { OpenApi } from "./types.ts";

export const serveDocument = async (): Promise<OpenApi> => {
  const settings = { faults: true, controlUrl: "http://127.0.0.1:9/token" };
  const cluster = await startSmallCluster({ followers: 5, settings });
  try {
    const { text } = await ask(cluster.leader.gateway.url, "/openapi.json");
    return JSON.parse(text) as OpenApi;
  } finally {
    await cluster.close();
  }
};
