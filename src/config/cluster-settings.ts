/** Who the members are, and who leads. */
import { z } from "zod";
import { idRange, idSyntax } from "./ids.ts";
import { readMember } from "./members.ts";
import { type Setting, wholeNumber, zeroOrOne } from "./setting.ts";

/** In the order of docs/configuration.md. */
export const clusterSettings = {
  NODE_ID: {
    meaning: "this node's id, one of `NODES`",
    range: `an id of ${idRange}`,
    schema: z.string().regex(idSyntax),
  },
  NODES: {
    meaning: "every member; the same on every node",
    range:
      "a comma separated list of id=host:grpcPort with ports 1..65535, " +
      `ids of ${idRange}, and IPv6 addresses in brackets`,
    schema: z.string().transform((text, context) => {
      const members = text.split(",").map(readMember);
      if (members.every((member) => member !== undefined)) return members;
      context.addIssue("not a list of members");
      return z.NEVER;
    }),
  },
  LEADER: {
    meaning: "id of the leader, one of `NODES`; the same on every node",
    range: `an id of ${idRange}`,
    schema: z.string().regex(idSyntax),
  },
  FAILOVER: {
    byDefault: "1",
    meaning:
      "1: when the leader is lost, the others elect another one, and `LEADER` leads again once it is back; 0: only `LEADER` leads",
    ...zeroOrOne,
  },
  ELECTION_TIMEOUT: {
    byDefault: "1000",
    meaning: "silence after which a follower takes its leader for lost",
    range: "whole milliseconds, 100..60000",
    schema: wholeNumber({ min: 100, max: 60_000 }),
  },
  READ_LEASE: {
    byDefault: "0",
    meaning:
      "1: the leader answers reads without asking followers while they have lent it a lease, which trusts clocks (only with `FAILOVER=1`); 0: a round of questions confirms that it still leads",
    ...zeroOrOne,
  },
} as const satisfies Record<string, Setting<unknown>>;
