/** Every row of the table of error codes, as the wire shows it. */
import { expect, test } from "vitest";
import type { ErrorCode } from "../src/errors.ts";
import { refusal } from "./answers.ts";

test.each([
  ["INVALID_ARGUMENT", 400, false],
  ["KEY_NOT_FOUND", 404, false],
  ["NOT_LEADER", 421, false],
  ["NO_LEADER", 503, true],
  ["VERSION_MISMATCH", 409, false],
  ["COMPACTED", 410, false],
  ["TOO_LARGE", 413, false],
  ["UNSUPPORTED_MEDIA_TYPE", 415, false],
  ["METHOD_NOT_ALLOWED", 405, false],
  ["NOT_FOUND", 404, false],
  ["QUORUM_UNAVAILABLE", 503, true],
  ["OVERLOADED", 503, true],
  ["RECOVERING", 503, true],
  ["SHUTTING_DOWN", 503, true],
  ["OUTCOME_UNKNOWN", 504, false],
  ["INTERNAL", 500, false],
] satisfies [ErrorCode, number, boolean][])("%s is %i", (code, status, retryAfter) => {
  const answer = refusal({ code, detail: "Why.", members: { version: 7, code: "hidden" } });
  expect(answer.status).toBe(status);
  expect(answer.contentType).toBe("application/problem+json");
  expect(answer.headers?.includes("Retry-After")).toBe(retryAfter);
  const document = JSON.parse(String(answer.body));
  expect(document).toMatchObject({ status, code, detail: "Why.", version: 7 });
  expect(document.title).toBeTypeOf("string");
  expect(URL.canParse(document.type)).toBe(true);
});

test("Retry-After is whole seconds, at least one", () => {
  const answer = refusal({ code: "OVERLOADED", detail: "Why.", retryAfterSeconds: 0.2 });
  expect(answer.headers).toEqual(["Retry-After", "1"]);
});
