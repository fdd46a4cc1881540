/** Whom a node answers and believes. */
import { z } from "zod";
import { hostNameSyntax, type Setting } from "./setting.ts";

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
} as const satisfies Record<string, Setting<unknown>>;
