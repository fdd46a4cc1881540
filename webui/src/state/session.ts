/**
 * Who uses the page, and what the node lets them do. With tokens one logs in once: the node keeps the
 * token in a cookie that no script can read. The page only hides what would be refused; the node decides.
 */
import { computed, effect, signal } from "@preact/signals";
import { call, onUnauthenticated, type Problem, type Request } from "../api/http.ts";
import type { SessionView } from "../api/wire.ts";
import { ownStream } from "./live.ts";

/** Undefined until the node has answered. */
export const session = signal<SessionView | undefined>(undefined);

/** Nothing can be shown before a token is given. */
export const mustLogIn = computed(
  () => session.value?.tokens === true && session.value.id === null,
);

/** A node that does not tell is asked when it comes to it. */
export const mayWrite = computed(() => session.value?.role !== "read");

export const mayAdminister = computed(() => session.value?.administers !== false);

/** Beside what is turned off for somebody who may not use it. */
export const administersOnly = "Only those who administer the cluster can do this.";

/** What a copied command needs beside its address: the token stays out of the page. */
export const curlCredential = (): string =>
  session.value?.tokens === true ? '-H "Authorization: Bearer $KV_TOKEN" ' : "";

/** Key prefixes that a token is limited to; none: every key. */
export const prefixes = computed<readonly string[]>(() => session.value?.prefixes ?? []);

/** All tabs log in and out together: the cookie is one for the whole host, wherever below it a page is. */
const tabs = new BroadcastChannel("session");

/** Asks who one is, and asks again where that may have changed. Called once, before anything else. */
export async function startSession(): Promise<void> {
  onUnauthenticated(() => void refreshSession());
  tabs.onmessage = () => location.reload();
  await refreshSession();
  // The node ends the streams of a token that has expired or was taken back.
  effect(() => {
    if (ownStream.value === "down" && session.peek()?.tokens === true) void refreshSession();
  });
}

/** Undefined when logged in, else the refusal. */
export const logIn = (token: string): Promise<Problem | undefined> =>
  change({ method: "POST", body: JSON.stringify({ token }) });

/** Undefined when logged out, else the refusal. */
export const logOut = (): Promise<Problem | undefined> => change({ method: "DELETE" });

/** What was read with other rights must not stay on the screen, in this tab or in another. */
async function change(request: Request): Promise<Problem | undefined> {
  const answer = await call("/session", request);
  if (!answer.ok) return answer.problem;
  tabs.postMessage("changed");
  location.reload();
  return undefined;
}

async function refreshSession(): Promise<void> {
  const answer = await call<SessionView>("/session");
  if (answer.ok) session.value = answer.value;
}
