/**
 * A scenario as the fragment of an address: JSON, deflated, in the letters of base64url. It stays with
 * whoever opens the link, because browsers send no fragment to any server.
 */
import type { Layout } from "./places.ts";

export interface Shared {
  readonly text: string;
  /** The story that the text began as; empty for none. */
  readonly story: string;
  /** The number of the moment. */
  readonly index: number;
  readonly layout: Layout;
  /** Virtual milliseconds in one millisecond. */
  readonly speed: number;
  /** The name of the planted fault; empty for none. */
  readonly bug: string;
}

/** What a fragment asks for. */
type Opened =
  | { readonly kind: "nothing" }
  | { readonly kind: "story"; readonly name: string }
  | { readonly kind: "scenario"; readonly shared: Shared }
  | { readonly kind: "unreadable"; readonly sentence: string };

const textCharactersMax = 100_000;
const bytesMax = 4 * textCharactersMax;

/** Without the `#`. */
export async function fragmentOf(shared: Shared): Promise<string> {
  const { text, story, index, layout, speed, bug } = shared;
  const json = JSON.stringify({ v: 1, text, story, index, layout, speed, bug });
  const packed = new Blob([json]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  const base64 = btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `s=${base64}`;
}

/** Takes any fragment, with its `#`. A link that was cut off, or made by hand, is told apart from none. */
export async function openFragment(hash: string): Promise<Opened> {
  const fragment = hash.replace(/^#/, "");
  if (fragment === "") return { kind: "nothing" };
  if (fragment.startsWith("story="))
    return { kind: "story", name: fragment.slice("story=".length) };
  if (!fragment.startsWith("s=")) return unreadable("it does not begin with s= or story=");
  try {
    return readShared(JSON.parse(await unpack(fragment.slice(2))));
  } catch {
    return unreadable("it is incomplete or was changed on its way");
  }
}

const unreadable = (reason: string): Opened => ({
  kind: "unreadable",
  sentence: `The link could not be read: ${reason}. This is the first story instead.`,
});

/** Throws on what is not deflated, and on what would grow beyond all bounds. */
async function unpack(base64: string): Promise<string> {
  const letters = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = stream.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > bytesMax) throw new Error("too long");
    text += decoder.decode(value, { stream: true });
  }
}

function readShared(json: unknown): Opened {
  if (typeof json !== "object" || json === null) return unreadable("it holds no scenario");
  const { v, text, story, index, layout, speed, bug } = json as Record<string, unknown>;
  if (v !== 1) return unreadable("a newer version of this page made it");
  if (typeof text !== "string" || text.length > textCharactersMax)
    return unreadable("it holds no text");
  const shared: Shared = {
    text,
    story: typeof story === "string" ? story : "",
    index: isAtLeast(index, 0) ? Math.floor(index) : 0,
    layout: layout === "leader left" ? layout : "ring",
    speed: isAtLeast(speed, Number.MIN_VALUE) ? speed : 0.001,
    bug: typeof bug === "string" ? bug : "",
  };
  return { kind: "scenario", shared };
}

const isAtLeast = (value: unknown, least: number): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= least;
