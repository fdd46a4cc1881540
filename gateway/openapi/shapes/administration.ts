/** What sessions, link faults and the control of processes answer. */
import { z } from "zod";
import type { LinkFault } from "../../../src/node/ports.ts";
import type { ProcessStates } from "../../../src/process-control.ts";
import { roles } from "../../access/caller.ts";
import { type Described, exactly } from "../terms/exactly.ts";
import { figure, flag, instant } from "./fields.ts";

export const session = z
  .object({
    id: z.string().nullable().meta({ description: "The id of the token. Null: none was given." }),
    role: z.enum(roles).nullable().meta({ description: "Null: none." }),
    prefixes: z
      .array(z.string())
      .nullable()
      .meta({ description: "What the keys start with that the caller may touch. Null: all keys." }),
    administers: flag("The caller may administer the node."),
    tokens: flag("The node asks for tokens."),
    insecure: flag("Other machines reach it without TLS and tokens."),
  })
  .meta({ id: "Session", description: "Who the caller is." });
export type Session = Described<typeof session>;

const fault = exactly<LinkFault>()(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("pause") }),
    z.object({ type: z.literal("slow"), delayMs: figure("Milliseconds.") }),
    z.object({ type: z.literal("cut") }),
  ]),
).meta({ id: "Fault", description: "A simulated fault of one follower's link." });
export const faultList = z
  .object({
    faults: z
      .record(z.string(), z.object({ fault, endsAt: instant("When it ends by itself") }))
      .meta({ description: "By id of the follower." }),
  })
  .meta({ id: "FaultList", description: "All link faults in force." });
export type FaultList = Described<typeof faultList>;

export const processStates = exactly<{ readonly nodes: ProcessStates }>()(
  z.object({
    nodes: z
      .record(z.string(), z.enum(["starting", "ready", "frozen", "stopped"]))
      .meta({ description: "By id of the node." }),
  }),
).meta({ id: "ProcessStates", description: "The processes under `npm start`." });
