/** Whom a node answers and believes. */
import { z } from "zod";
import { hostNameSyntax, pathText, type Setting, wholeNumber, zeroOrOne } from "./setting.ts";

/** In the order of docs/configuration.md. */
export const securitySettings = {
  ALLOWED_HOSTS: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "further names that clients and pages reach this node's REST port by, such as that of a load balancer; addresses, `localhost`, and the names in `ADVERTISE_URL` and `NODES` need not be listed",
    range: "a comma separated list of host names without ports",
    schema: z.string().transform((text, context) => {
      const names = text.split(",").flatMap((name) => name.trim() || []);
      if (names.every((name) => hostNameSyntax.test(name))) return names;
      context.addIssue("not a list of host names");
      return z.NEVER;
    }),
  },
  CLUSTER_SECRET: {
    byDefault: "",
    defaultShown: "empty; `npm start` makes a random one",
    meaning:
      "what the nodes prove to each other that they know, on every replication stream and in both directions; the same on all nodes; while it is replaced two, of which the first one proves and both are believed ([how](operations.md#the-cluster-secret)); empty: no proof is asked for",
    range:
      "one text of 16..256 printable ASCII characters without commas, or two with a comma between",
    schema: z.string().transform((text, context) => {
      const secrets = text === "" ? [] : text.split(",");
      const isGood = secrets.every((secret) => /^[!-+\--~]{16,256}$/.test(secret));
      if (isGood && secrets.length <= 2) return secrets;
      context.addIssue("not a secret");
      return z.NEVER;
    }),
    isSecret: true,
  },
  TOKENS_FILE: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "the file of tokens, which others may not read: every call then needs one that permits it; read again when it changes; empty: whoever reaches the port may read and write",
    range: "a path",
    schema: pathText,
  },
  ADMIN: {
    byDefault: "0",
    meaning:
      "1: whoever reaches the port may administer this node, as long as `TOKENS_FILE` is empty; 0: clients on this machine alone",
    ...zeroOrOne,
  },
  METRICS_PORT: {
    byDefault: "",
    defaultShown: "empty",
    meaning: "port on 127.0.0.1 that serves `/metrics` alone, without a token; empty: no such port",
    range: "a port, 0..65535, where 0 takes a free one",
    schema: z.union([
      z.literal("").transform(() => undefined),
      wholeNumber({ min: 0, max: 65_535 }),
    ]),
  },
  AUDIT_LOG: {
    byDefault: "",
    defaultShown: "empty",
    meaning:
      "the file that gets one line for each administrative call and each refusal of a caller; `-`: standard output; empty: none",
    range: "a path or `-`",
    schema: pathText,
  },
  AUDIT_WRITES: {
    byDefault: "0",
    meaning: "1: `AUDIT_LOG` gets one line for each write as well",
    ...zeroOrOne,
  },
} as const satisfies Record<string, Setting<unknown>>;
