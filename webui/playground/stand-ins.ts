/** What the protocol's modules import and no browser has, in the little that the virtual world needs of it. */
import type { Plugin } from "vite";

/** Nobody calls the service that is generated beside the messages: no message of the virtual world is sent by gRPC. */
const grpc = `
export class Client {}
export const makeGenericClientConstructor = () => Client;
`;

/** See src/storage/btree.ts. */
const module = `
import * as sorted from "sorted-btree";
const tree = [sorted, sorted.default, sorted.default?.default].findLast((it) => typeof it === "function");
export const createRequire = () => () => ({ default: tree });
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

const standIns: Readonly<Record<string, string>> = {
  "@grpc/grpc-js": grpc,
  "node:module": module,
  "virtual:buffer": buffer,
};

export const standIn: Plugin = {
  name: "stand-ins-for-browsers",
  enforce: "pre",
  resolveId: (id) => (id in standIns ? `\0stand-in:${id}` : undefined),
  load: (id) =>
    id.startsWith("\0stand-in:") ? standIns[id.slice("\0stand-in:".length)] : undefined,
};
