/** The token of an `Authorization` header, for REST and gRPC alike; empty for another scheme than Bearer. */
export const bearerOf = (authorization: string): string =>
  isPlain(authorization)
    ? authorization.slice(scheme.length)
    : (/^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? "");

const scheme = "Bearer ";

/** As nearly every client writes it: then no expression has to be matched. */
const isPlain = (authorization: string): boolean =>
  authorization.startsWith(scheme) && !authorization.includes(" ", scheme.length);
