/** The figures of a node as an answer, for `/metrics` on either port. */
import type { KvNode } from "../src/node/api.ts";
import type { Answer } from "./answers.ts";
import type { Metrics } from "./metrics.ts";

/** All figures as they are now. */
export async function metricsAnswer({
  metrics,
  node,
}: {
  readonly metrics: Metrics;
  readonly node: KvNode;
}): Promise<Answer> {
  const body = await metrics.text(node);
  return { status: 200, contentType: metrics.contentType, body };
}
