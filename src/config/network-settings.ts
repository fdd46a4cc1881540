/** Where a node is reached. */
import { isIP } from "node:net";
import { z } from "zod";
import { type Setting, wholeNumber } from "./setting.ts";
import { isGatewayUrl } from "./urls.ts";

/** In the order of docs/configuration.md. */
export const networkSettings = {
  PORT: {
    byDefault: "4567",
    meaning: "port of REST and the page; 0 takes a free one",
    range: "a port, 0..65535",
    schema: wholeNumber({ min: 0, max: 65_535 }),
  },
  GRPC_PORT: {
    byDefault: "5567",
    meaning: "port of gRPC, for replication and the public service; 0 takes a free one",
    range: "a port, 0..65535",
    schema: wholeNumber({ min: 0, max: 65_535 }),
  },
  HOST: {
    byDefault: "127.0.0.1",
    meaning:
      "address to bind; `0.0.0.0` in containers. One that other machines reach needs TLS and tokens, or `INSECURE=1`",
    range: "an IPv4 or IPv6 address without brackets, or `localhost`",
    schema: z.string().refine((text) => text === "localhost" || isIP(text) !== 0),
  },
  ADVERTISE_URL: {
    byDefault: "",
    defaultShown: "`http://HOST:PORT`, with required TLS `https://`",
    meaning: "where clients reach this node's REST port; named in `NOT_LEADER` answers",
    range: "an http:// or https:// URL without user, query or fragment",
    schema: z.string().refine((text) => text === "" || isGatewayUrl(text)),
  },
} as const satisfies Record<string, Setting<unknown>>;
