/** What is served beside the table of endpoints: the pages, and calls to other members. */

import { value } from "../shapes/fields.ts";
import { fileContent, plainText } from "../shapes/keys.ts";
import type { CallDoc } from "../terms/call-doc.ts";
import { pageHeaders } from "../terms/headers.ts";

const fileHeaders = { headers: ["If-None-Match", "Accept-Encoding"] } as const;
const fileAnswers = (contentType: string, description: string): CallDoc["answers"] => ({
  200: { description, contentType, shape: fileContent, headers: pageHeaders },
  304: { description: "The client has it already.", headers: pageHeaders },
});
const html = "text/html; charset=utf-8";

export const documentDoc: CallDoc = {
  id: "openapi",
  tag: "Pages",
  summary: "This document",
  ...fileHeaders,
  examples: { plain: { summary: "The document", status: 200 } },
  answers: {
    200: { description: "OpenAPI 3.1 in JSON.", shape: value, headers: ["ETag"] },
    304: { description: "The client has it already.", headers: ["ETag"] },
  },
};

/** By path. */
export const pageDocs: Readonly<Record<string, CallDoc>> = {
  "/": {
    id: "page",
    tag: "Pages",
    summary: "The page that shows the live cluster",
    ...fileHeaders,
    examples: { plain: { summary: "The page", status: 200 } },
    answers: fileAnswers(html, "The page."),
  },
  "/docs": {
    id: "docs",
    tag: "Pages",
    summary: "This document as a page",
    ...fileHeaders,
    examples: { plain: { summary: "The page", status: 200 } },
    answers: fileAnswers(html, "The page."),
    refusals: ["NOT_FOUND"],
  },
  "/playground": {
    id: "playground",
    tag: "Pages",
    summary: "The protocol, played in a page",
    description: "One file without requests of its own. It shows no data of this cluster.",
    ...fileHeaders,
    examples: { plain: { summary: "The page", status: 200 } },
    answers: fileAnswers(html, "The page."),
    refusals: ["NOT_FOUND"],
  },
  "/assets/{file}": {
    id: "asset",
    tag: "Pages",
    summary: "A file of the pages",
    ...fileHeaders,
    path: { file: { description: "Its name has a hash.", schema: { type: "string" } } },
    examples: { gone: { summary: "No such file", status: 404, path: { file: "none.js" } } },
    answers: fileAnswers("*/*", "The file."),
    refusals: ["NOT_FOUND"],
  },
};

const member = {
  description: "The id of a member, or `@leader` for whoever leads now.",
  schema: { type: "string" },
};

export const memberFolderDoc: CallDoc = {
  id: "memberFolder",
  tag: "Cluster",
  summary: "The page of another member",
  path: { id: member },
  examples: { plain: { summary: "A follower", status: 308, path: { id: "follower1" } } },
  answers: {
    308: {
      description: "Its page is one slash further.",
      contentType: "text/plain; charset=utf-8",
      shape: plainText,
      headers: ["Location"],
    },
  },
  refusals: ["NOT_FOUND"],
};

/** Refused with any code: the member may do so. */
export const memberCallDoc: CallDoc = {
  id: "member",
  tag: "Cluster",
  summary: "The same call on another member",
  description:
    "Any path of this document but another `/nodes/`. Both members judge the caller. A call to `@leader` waits for up to `TIMEOUT` while nobody leads.",
  path: {
    id: member,
    path: { description: "The path of the call; it has slashes.", schema: { type: "string" } },
  },
  examples: {
    status: {
      summary: "A follower's state",
      status: 200,
      path: { id: "follower1", path: "status" },
    },
  },
  answers: {},
};
