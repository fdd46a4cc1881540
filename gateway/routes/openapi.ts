/** GET /openapi.json: what this node serves, for people and for programs that make clients. */
import { createHash } from "node:crypto";
import { type Answer, ok, refusal } from "../answers.ts";
import type { Endpoint } from "../endpoint.ts";
import { documentDoc } from "../openapi/calls/pages.ts";
import { makeDocument } from "../openapi/document.ts";
import { readQuery } from "../requests/query.ts";

/** The endpoints with one more, which tells of all of them. The document is made when it is first asked for. */
export function withDocument(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  let made: Answer | undefined;
  const documented: Endpoint = {
    path: "/openapi.json",
    methods: {
      GET: {
        ...{ needs: "open", doc: documentDoc },
        handle: (request) => {
          const query = readQuery(request.url, []);
          if (!query.ok) return refusal(query.failure);
          made ??= documentAnswer(makeDocument(all));
          return made;
        },
      },
    },
  };
  const all = [...endpoints, documented];
  return all;
}

function documentAnswer(text: string): Answer {
  const hash = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  return { ...ok(Buffer.from(text)), tag: `"${hash}"`, cacheControl: "no-cache" };
}
