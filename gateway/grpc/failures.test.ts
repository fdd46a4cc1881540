/** What a refusal looks like to a client, read by code that is not ours where there is some. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { failed } from "../../src/errors.ts";
import { notFound, quorumUnavailable, refusalResult } from "../../src/node/refusals.ts";
import { errorDetailsOf } from "../../test/support/error-details.ts";
import { toServiceError, toWriteError } from "./failures.ts";

const members = { leader: "a", leaderUrl: "http://a:1", acks: ["b", "c"], quorum: 3, none: null };

test("a refusal carries its code, members and pause as google.rpc details", () => {
  const { failure } = failed("NOT_LEADER", "elsewhere", { members });
  expect(errorDetailsOf(toServiceError(failure))).toEqual({
    code: status.FAILED_PRECONDITION,
    message: "elsewhere",
    errorInfo: {
      reason: "NOT_LEADER",
      domain: "quorumkv",
      metadata: { leader: "a", leaderUrl: "http://a:1", acks: '["b","c"]', quorum: "3" },
    },
    retryDelay: undefined,
  });
  const short = toServiceError(quorumUnavailable("1 live", { live: 1, quorum: 3 }).failure);
  expect(errorDetailsOf(short)).toMatchObject({
    code: status.UNAVAILABLE,
    message: short.details,
    retryDelay: 1,
    errorInfo: { reason: "QUORUM_UNAVAILABLE", metadata: { live: "1", quorum: "3" } },
  });
});

test("only writes tell the client's library not to repeat them", () => {
  const { failure } = failed("RECOVERING", "soon");
  expect(toWriteError(failure).metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
  expect(toServiceError(failure).metadata.get("grpc-retry-pushback-ms")).toEqual([]);
});

/** As HTTP/2 counts them, before any compression. */
const trailerBytes = ({ details, metadata }: ServiceError): number => {
  const trailers = { ...metadata.toHttp2Headers(), "grpc-message": encodeURI(details) };
  return Object.entries(trailers).reduce(
    (sum, [name, value]) => sum + name.length + 32 + `${value}`.length,
    0,
  );
};

test("the trailers of a refusal fit into the 8 KiB that some libraries take, whatever the key", () => {
  for (const key of ["\u0000".repeat(1024), "é".repeat(512), "😀".repeat(256), "k".repeat(1024)]) {
    const mismatch = refusalResult({ reason: "versionMismatch", key, version: 2 ** 52 } as never);
    for (const { failure } of [mismatch, notFound(key)]) {
      const error = toWriteError(failure);
      expect(trailerBytes(error)).toBeLessThan(8192 - 512);
      expect(errorDetailsOf(error)).toMatchObject({ errorInfo: { reason: failure.code } });
    }
    const [bytes] = toServiceError(mismatch.failure).metadata.get("kv-problem-bin");
    expect(JSON.parse(`${bytes}`)).toMatchObject({ version: 2 ** 52 });
  }
});

test("a broken connection has nothing that looks like a refusal of ours", () => {
  const broken = Object.assign(new Error("14 UNAVAILABLE"), {
    code: status.UNAVAILABLE,
    details: "Connection dropped",
    metadata: new Metadata(),
  });
  expect(errorDetailsOf(broken)).toBeUndefined();
});
