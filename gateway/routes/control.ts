/**
 * /control: stops, kills, freezes and restarts the processes of a cluster that `npm start` runs. Its launcher
 * does so; this node passes the call on.
 */
import { request as send } from "node:http";
import { z } from "zod";
import { type Failure, failed, failureOf, type Result, succeeded } from "../../src/errors.ts";
import { processActions } from "../../src/process-control.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { actDoc, controlDoc } from "../openapi/calls/administration.ts";
import { readBody } from "../requests/body.ts";
import { quote, readQuery } from "../requests/query.ts";

/** The body says nothing; whatever it holds is left unread. */
const noFields = z.looseObject({});

/** Milliseconds and bytes that the answer of the launcher may take. */
const timeoutMs = 3000;
const answerBytesMax = 64 * 1024;

/** Whether this node has a launcher that can be asked. */
export const hasControl = ({ faults, config }: Context): boolean =>
  faults !== undefined && config.controlUrl !== "";

/** None without FAULTS=1 and a launcher: the paths are then NOT_FOUND. Each call answers all states. */
export function controlEndpoints(context: Context): readonly Endpoint[] {
  if (!hasControl(context)) return [];
  const { config } = context;
  const ask = async (method: string, path: string): Promise<Answer> => {
    const states = await askLauncher(method, config.controlUrl + path);
    return states.ok ? ok(states.value) : refusal(states.failure);
  };
  const missing = (node: string, action: string): Failure | undefined => {
    if (!config.nodes.some(({ id }) => id === node))
      return failureOf("NOT_FOUND", `No node is called ${quote(node)}.`);
    if (processActions.some((known) => known === action)) return undefined;
    const detail = `The action is ${quote(action)}, but must be one of ${processActions.join(", ")}.`;
    return failureOf("NOT_FOUND", detail);
  };
  return [
    {
      path: "/control",
      methods: { GET: { needs: "read", doc: controlDoc, handle: () => ask("GET", "") } },
    },
    {
      path: "/control/:node/:action",
      methods: {
        // A body of JSON is what a browser sends for a page of another origin only after asking.
        POST: {
          ...{ needs: "admin", doc: actDoc, body: noFields },
          handle: async (request) => {
            const query = readQuery(request.url, []);
            const body = await readBody(request);
            if (!query.ok) return refusal(query.failure);
            if (!body.ok) return refusal(body.failure);
            const { node, action } = request.params;
            const [of, what] = [String(node), String(action)];
            const failure = missing(of, what);
            return failure === undefined ? ask("POST", `/${of}/${what}`) : refusal(failure);
          },
        },
      },
    },
  ];
}

/** The states of all processes, as JSON text. */
const askLauncher = (method: string, url: string): Promise<Result<string>> =>
  new Promise((resolve) => {
    const silent = (reason: string) =>
      resolve(failed("RECOVERING", `npm start does not answer (${reason}); nothing was done.`));
    const signal = AbortSignal.timeout(timeoutMs);
    const asking = send(url, { method, agent: false, signal });
    asking.on("error", ({ message }) => silent(message));
    asking.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", ({ message }) => silent(message));
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > answerBytesMax) asking.destroy(new Error("its answer is too long"));
      });
      response.on("end", () => {
        const { statusCode = 0 } = response;
        if (statusCode < 300) resolve(succeeded(text));
        else silent(`status ${statusCode}`);
      });
    });
    asking.end();
  });
