/**
 * The web page at `/`: the files that `webui/` builds, held in memory and sent with strict headers. It
 * is mounted last, so it also refuses every path that nothing else serves.
 */
import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Express, Request, Response } from "express";
import helmet from "helmet";
import { failureOf } from "../src/errors.ts";
import { type Answer, allowed, refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import { inlinePolicy } from "./inline-policy.ts";
import { namesTag } from "./requests/entity-tags.ts";

/** One form of a file, plain or compressed. Its strong tag stands for exactly these bytes. */
interface Representation {
  readonly bytes: Buffer;
  readonly tag: string;
}

/** A file of the page as it is served. */
interface PageFile {
  readonly contentType: string;
  readonly plain: Representation;
  /** With gzip; undefined where that would save too little. */
  readonly zipped: Representation | undefined;
  /** Undefined: that of all pages. */
  readonly policy: string | undefined;
  /** Its name changes with its content, so browsers may keep it forever. */
  readonly immutable: boolean;
}

const compress = promisify(gzip);
const pageMethods = "GET, HEAD, OPTIONS";
/** Bytes of all files. A built page is far smaller: more means that the folder holds something else. */
const pageBytesMax = 32 * 1024 * 1024;

/** Where pages are served that go by other addresses than their names. */
const addresses: Readonly<Record<string, string>> = {
  "/index.html": "/",
  "/docs.html": "/docs",
  "/playground.html": "/playground",
};

/** By the ending of the name; any other file is a plain download. */
const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Sets the security headers of the page. */
const guard = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
  // Nodes may serve plain HTTP, and a browser remembers this for every port of a host: of localhost, say.
  // With required TLS nothing is served in plaintext anyway. Browsers warn of the others without HTTPS.
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
});

/** Serves the files of `directory`, and answers NOT_FOUND for every other path. Must be mounted last. */
export function mountPages(app: Express, context: Context, directory: string): void {
  let pages: Promise<ReadonlyMap<string, PageFile>> | undefined;
  const load = async () => {
    pages ??= loadPages(directory);
    const loaded = await pages;
    // A page that is built after the start is served without a restart.
    if (!loaded.has("/")) pages = undefined;
    return loaded;
  };

  app.use(async (request: Request, response: Response) => {
    const answer = await answerFor(request, response, load);
    context.metrics.requests.count("page", request.method, answer.status);
    send(context, response, answer);
  });
}

async function answerFor(
  request: Request,
  response: Response,
  load: () => Promise<ReadonlyMap<string, PageFile>>,
): Promise<Answer> {
  const file = (await load()).get(request.path);
  if (file === undefined && request.path !== "/") {
    return refusal(failureOf("NOT_FOUND", "Nothing is served at this path."));
  }
  if (request.method === "OPTIONS") return allowed(pageMethods);
  if (request.method !== "GET" && request.method !== "HEAD") {
    const detail = `A page supports ${pageMethods}, not ${request.method}.`;
    return refusal(failureOf("METHOD_NOT_ALLOWED", detail), ["Allow", pageMethods]);
  }
  guard(request, response, () => {});
  return file === undefined ? notBuilt : fileAnswer(request, file);
}

function fileAnswer(request: Request, file: PageFile): Answer {
  const { contentType, plain, zipped, policy } = file;
  const isZipped = zipped !== undefined && request.acceptsEncodings("gzip") === "gzip";
  const { bytes, tag } = isZipped ? zipped : plain;
  const headers = ["ETag", tag, "Vary", "Accept-Encoding"];
  const own = policy === undefined ? {} : { policy };
  const cacheControl = file.immutable ? "public, max-age=31536000, immutable" : "no-cache";
  if (namesTag(request.headers["if-none-match"], tag)) {
    return { status: 304, contentType, body: "", headers, cacheControl, ...own };
  }
  if (isZipped) headers.push("Content-Encoding", "gzip");
  return { status: 200, contentType, body: bytes, headers, cacheControl, ...own };
}

/** Shown in place of a page that was not built. */
const notBuilt: Answer = {
  status: 200,
  contentType: "text/html; charset=utf-8",
  body: `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Quorum KV</title>
<h1>This node is running; its page is not built yet</h1>
<p>Run <code>npm run build</code> in the folder of Quorum KV and load this page again.</p>
<p>Meanwhile: <a href="status">status</a>, <a href="cluster">cluster</a>,
<a href="read">keys</a>, <a href="metrics">metrics</a>.</p>
</html>
`,
};

/** All files by the path that serves them. Throws if they are far larger than a page. */
async function loadPages(directory: string): Promise<ReadonlyMap<string, PageFile>> {
  const pages = new Map<string, PageFile>();
  let total = 0;
  for (const entry of filesIn(directory)) {
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    total += bytes.length;
    if (total > pageBytesMax)
      throw new Error(`the page folder ${directory} holds more than ${pageBytesMax} bytes`);
    const name = `/${relative(directory, path).split(sep).join("/")}`;
    pages.set(addresses[name] ?? name, await makeFile(name, bytes));
  }
  return pages;
}

/** Empty where the folder is missing. */
function filesIn(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
  } catch {
    return [];
  }
}

async function makeFile(name: string, bytes: Buffer): Promise<PageFile> {
  const contentType = contentTypes[extname(name)] ?? "application/octet-stream";
  const isText = /^text\/|json|svg/.test(contentType);
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  const zipped = isText && bytes.length > 1024 ? await compress(bytes, { level: 9 }) : undefined;
  return {
    contentType,
    plain: { bytes, tag: `"${hash}"` },
    policy: contentType.startsWith("text/html") ? inlinePolicy(bytes.toString()) : undefined,
    zipped: zipped && { bytes: zipped, tag: `"${hash}-gzip"` },
    immutable: name.startsWith("/assets/"),
  };
}
