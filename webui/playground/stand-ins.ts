/** What the protocol's modules import and no browser has, in the little that the virtual world needs of it. */
import { join } from "node:path";
import type { Plugin } from "vite";

const pathOf = (name: string): string => JSON.stringify(join(import.meta.dirname, name));

/** Nobody calls the service that is generated beside the messages: no message of the virtual world is sent by gRPC. */
const grpc = `
export class Client {}
export const makeGenericClientConstructor = () => Client;
`;

/** See src/storage/btree.ts. */
const module = `
import { SortedMap } from ${pathOf("sorted-map.ts")};
export const createRequire = () => () => ({ default: SortedMap });
`;

/** Lengths in UTF-8, and views of bytes. */
const buffer = `
const encoder = new TextEncoder();
export const Buffer = {
  byteLength: (text) => {
    let bytes = text.length;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return encoder.encode(text).length;
    }
    return bytes;
  },
  from: (source, offset, length) =>
    typeof source === "string" ? encoder.encode(source) : new Uint8Array(source, offset, length),
};
`;

const hash = `
import { h64 } from ${pathOf("xxhash.ts")};
export default () => ({ h64 });
`;

const standIns: Readonly<Record<string, string>> = {
  "@grpc/grpc-js": grpc,
  "node:module": module,
  "virtual:buffer": buffer,
  "xxhash-wasm": hash,
};

/** In generated code, what makes messages of parts of messages, and the service: the codec asks for neither. */
const unused =
  /\n {2}create\(base\?[\s\S]*?(?=\n\};)|\nexport type ReplicationServiceService[\s\S]*?(?=\ntype Builtin)/g;

export const standIn: Plugin = {
  name: "stand-ins-for-browsers",
  transform: (code, id) =>
    id.includes("/src/transport/generated/")
      ? { code: code.replaceAll(unused, ""), map: null }
      : undefined,
  enforce: "pre",
  resolveId: (id) => (id in standIns ? `\0stand-in:${id}` : undefined),
  load: (id) =>
    id.startsWith("\0stand-in:") ? standIns[id.slice("\0stand-in:".length)] : undefined,
};
