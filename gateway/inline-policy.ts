/** The policy of a page that holds its own code, as the playground does: it may run that, show pictures it made itself, and nothing else. */
import { createHash } from "node:crypto";

const element = /<(script|style)\b([^>]*)>([\s\S]*?)<\/\1>/g;

/** By the SHA-256 hash of each script and style in it. Undefined: it holds none, and so needs no policy of its own. */
export function inlinePolicy(html: string): string | undefined {
  const hashes = { script: [] as string[], style: [] as string[] };
  for (const [, name, attributes = "", content = ""] of html.matchAll(element))
    if (!/\bsrc=/.test(attributes)) hashes[name as keyof typeof hashes].push(hashOf(content));
  const { script, style } = hashes;
  if (script.length === 0 && style.length === 0) return undefined;
  return [
    "default-src 'none'",
    `script-src ${script.join(" ") || "'none'"}`,
    `style-src ${style.join(" ") || "'none'"}`,
    // Its icon, and the pictures that it exports.
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(";");
}

const hashOf = (content: string): string =>
  `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
