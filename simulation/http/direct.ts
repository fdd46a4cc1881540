/**
 * Lets fetch go straight to the nodes. Node reads HTTP_PROXY where NODE_USE_ENV_PROXY is set, but a proxy
 * is for the world outside: it cannot reach a node on loopback, and it would be part of each measured time.
 */
export function avoidProxies(environment: Record<string, string | undefined>): void {
  for (const name of ["NO_PROXY", "no_proxy"]) environment[name] = "*";
}
