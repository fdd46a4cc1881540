/** /session: who the page acts for. It logs in with a token, which a cookie keeps that no script can read. */
import type { Request } from "express";
import { z } from "zod";
import { failureOf } from "../../src/errors.ts";
import { restApproach, sessionCookie } from "../access/rest-approach.ts";
import type { Visit } from "../access/visit.ts";
import { type Answer, json, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import { callOf, type Endpoint, type Handler } from "../endpoint.ts";
import { logInDoc, logOutDoc, whoDoc } from "../openapi/calls/administration.ts";
import type { Session } from "../openapi/shapes/administration.ts";
import { readBody } from "../requests/body.ts";
import { readFields, strict } from "../requests/fields.ts";
import { readQuery } from "../requests/query.ts";

/** Far more than a token takes; strangers may send this body. */
const bodyBytesMax = 1024;
const loginBody = z.strictObject({ token: z.string({ error: "must be a string" }) }, strict);
/** Without Secure browsers do not take a cookie of that name; they count localhost as secure. */
const attributes = "Path=/; HttpOnly; Secure; SameSite=Strict";
const noTokens = failureOf(
  "INVALID_ARGUMENT",
  "This node knows no tokens: nobody needs to log in.",
);

/** Open to everybody. `GET` says who the caller is; `POST` logs in, `DELETE` out. */
export function sessionEndpoint(context: Context): Endpoint {
  const withoutQuery =
    (handle: Handler): Handler =>
    (request, ...rest) => {
      const query = readQuery(request.url, []);
      return query.ok ? handle(request, ...rest) : refusal(query.failure);
    };
  return {
    path: "/session",
    methods: {
      GET: {
        ...{ needs: "open", doc: whoDoc },
        handle: withoutQuery((_request, _response, visit) => sessionAnswer(context, visit)),
      },
      POST: {
        ...{ needs: "open", doc: logInDoc, body: loginBody },
        handle: withoutQuery((request) => logIn(context, request)),
      },
      DELETE: {
        ...{ needs: "open", doc: logOutDoc },
        handle: withoutQuery((request) => {
          const approach = { ...restApproach(request), credential: undefined };
          const visit = context.access.admit(approach, "open", callOf(request));
          return withCookie(sessionAnswer(context, visit), `${sessionCookie}=; Max-Age=0`);
        }),
      },
    },
  };
}

/** Judged as any call with that token would be, so that a wrong one is counted. */
async function logIn(context: Context, request: Request): Promise<Answer> {
  const { access } = context;
  const body = await readBody(request, undefined, bodyBytesMax);
  if (!body.ok) return refusal(body.failure);
  const fields = readFields(loginBody, body.value);
  if (!fields.ok) return refusal(fields.failure);
  if (!access.hasTokens) return refusal(noTokens);
  const { token } = fields.value;
  const approach = { ...restApproach(request), credential: { token, via: "cookie" } as const };
  const visit = access.admit(approach, "read", callOf(request));
  if (visit.objection !== undefined) return refusal(visit.objection);
  return withCookie(sessionAnswer(context, visit), `${sessionCookie}=${token}`);
}

function sessionAnswer({ access, config }: Context, visit: Visit): Answer {
  if (visit.guessing !== undefined) return refusal(visit.guessing);
  const { caller, administers } = visit;
  const { id, role, prefixes = null } = caller;
  const who = role === "none" ? { id: null, role: null, prefixes } : { id, role, prefixes };
  const { insecure } = config;
  return json<Session>({ ...who, administers, tokens: access.hasTokens, insecure });
}

const withCookie = (answer: Answer, cookie: string): Answer => ({
  ...answer,
  headers: ["Set-Cookie", `${cookie}; ${attributes}`],
});
