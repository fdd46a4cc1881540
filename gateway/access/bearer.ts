/** The token of an `Authorization` header, for REST and gRPC alike; empty for another scheme than Bearer. */
export const bearerOf = (authorization: string): string =>
  /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? "";
