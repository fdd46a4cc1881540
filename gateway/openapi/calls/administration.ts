/** /session, /faults and /control. */
import { processActions } from "../../../src/process-control.ts";
import { faultList, processStates, session } from "../shapes/administration.ts";
import { type CallDoc, leaderRefusals } from "../terms/call-doc.ts";

const administers = { administers: true, tokens: true, insecure: false };
const nobody = { id: null, role: null, prefixes: null };

export const whoDoc: CallDoc = {
  id: "session",
  tag: "Sessions",
  summary: "Who the caller is",
  examples: {
    plain: {
      summary: "The holder of a token",
      status: 200,
      answer: { id: "admin", role: "admin", prefixes: null, ...administers },
    },
  },
  answers: { 200: { description: "The caller.", shape: session } },
  refusals: ["RATE_LIMITED"],
};

export const logInDoc: CallDoc = {
  id: "logIn",
  tag: "Sessions",
  summary: "Log in with a token, which a cookie then keeps",
  description: "For pages. Other clients send the token with each call.",
  examples: {
    plain: {
      summary: "A token of this node",
      status: 200,
      body: { token: "kv_example" },
      answer: { id: "admin", role: "admin", prefixes: null, ...administers },
    },
  },
  answers: {
    200: { description: "Whose token it is.", shape: session, headers: ["Set-Cookie"] },
  },
  refusals: ["UNAUTHENTICATED", "RATE_LIMITED"],
};

export const logOutDoc: CallDoc = {
  id: "logOut",
  tag: "Sessions",
  summary: "Log out",
  examples: {
    plain: {
      summary: "The cookie is taken back",
      status: 200,
      answer: { ...nobody, ...administers, administers: false },
    },
  },
  answers: {
    200: { description: "Nobody is logged in.", shape: session, headers: ["Set-Cookie"] },
  },
  refusals: ["RATE_LIMITED"],
};

const follower = { description: "The id of a follower.", schema: { type: "string" } };
const allFaults = { 200: { description: "All faults now in force.", shape: faultList } };
const none = { status: 200, answer: { faults: {} } };

export const faultsDoc: CallDoc = {
  id: "faults",
  tag: "Faults",
  summary: "The link faults in force",
  description: "Leader only.",
  examples: { plain: { summary: "All of them", status: 200 } },
  answers: allFaults,
  refusals: [...leaderRefusals, "NOT_FOUND"],
};

export const endFaultsDoc: CallDoc = {
  id: "endFaults",
  tag: "Faults",
  summary: "End all link faults",
  description: "Leader only.",
  examples: { plain: { summary: "All of them", ...none } },
  answers: allFaults,
  refusals: [...leaderRefusals, "NOT_FOUND"],
};

export const setFaultDoc: CallDoc = {
  id: "setFault",
  tag: "Faults",
  summary: "Set a fault on one follower's link",
  description: "Leader only. It ends by itself after five minutes.",
  path: { follower },
  examples: {
    slow: {
      summary: "Everything comes 5 ms later",
      status: 200,
      path: { follower: "follower1" },
      body: { type: "slow", delayMs: 5 },
      answer: {
        faults: { follower1: { fault: { type: "slow", delayMs: 5 }, endsAt: 1795793100000 } },
      },
    },
  },
  answers: allFaults,
  refusals: [...leaderRefusals, "NOT_FOUND"],
};

export const endFaultDoc: CallDoc = {
  id: "endFault",
  tag: "Faults",
  summary: "End the fault on one follower's link",
  description: "Leader only.",
  path: { follower },
  examples: {
    plain: { summary: "One of them", ...none, path: { follower: "follower1" } },
  },
  answers: allFaults,
  refusals: [...leaderRefusals, "NOT_FOUND"],
};

const allStates = { 200: { description: "The state of all processes.", shape: processStates } };

export const controlDoc: CallDoc = {
  id: "processes",
  tag: "Faults",
  summary: "The processes of the cluster",
  description: "Only where `npm start` runs them.",
  examples: {
    plain: {
      summary: "All of them",
      status: 200,
      answer: { nodes: { leader: "ready", follower1: "frozen" } },
    },
  },
  answers: allStates,
  refusals: ["RECOVERING", "NOT_FOUND"],
};

export const actDoc: CallDoc = {
  id: "controlProcess",
  tag: "Faults",
  summary: "Stop, kill, freeze, thaw or restart a process",
  description: "Only where `npm start` runs it. The body is an empty JSON object.",
  path: {
    node: { description: "The id of a node.", schema: { type: "string" } },
    action: { description: "What to do with it.", schema: { enum: processActions } },
  },
  examples: {
    freeze: {
      summary: "As if its machine stood still",
      status: 200,
      path: { node: "follower1", action: "freeze" },
      body: {},
    },
  },
  answers: allStates,
  refusals: ["RECOVERING", "NOT_FOUND"],
};
