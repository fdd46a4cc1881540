import { afterEach, expect, test, vi } from "vitest";
import { call } from "./http.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const answering = (status: number, body: string) =>
  vi.stubGlobal("fetch", async () => new Response(body, { status }));

const refusal = { type: "urn:quorumkv:problem:overloaded", status: 503, code: "OVERLOADED" };

test("a node's refusal is taken as it is", async () => {
  answering(503, JSON.stringify({ ...refusal, detail: "full" }));
  expect(await call("/write")).toMatchObject({
    ok: false,
    problem: { code: "OVERLOADED", detail: "full" },
  });
});

test("what an intermediary answers is never taken for a node's refusal", async () => {
  const foreign = { ...refusal, type: "about:blank", detail: "nothing was written" };
  for (const body of ["upstream connect error", "", "null", "[]", JSON.stringify(foreign)]) {
    answering(503, body);
    expect(await call("/write")).toMatchObject({
      ok: false,
      problem: { code: "HTTP_503", detail: expect.stringContaining("not from a node") },
    });
  }
});
