/** What the head of a gRPC call tells of its caller. */
import type { Metadata } from "@grpc/grpc-js";
import type { Access } from "../access/access.ts";
import { bearerOf } from "../access/bearer.ts";
import type { Role } from "../access/caller.ts";
import type { Visit } from "../access/visit.ts";

/** Every kind of call of the library. */
interface AnyCall {
  readonly metadata: Metadata;
  getPath(): string;
  /** Address and port. */
  getPeer(): string;
}

/** What a call is, beside its message. */
export interface CallFacts {
  readonly visit: Visit;
  /** The library of the client sent this call before. */
  readonly isRepeated: boolean;
}

/** Judges the call before its message is read. */
export function visitOf(access: Access, call: AnyCall, needs: Role): Visit {
  const shown = call.metadata.get("authorization")[0]?.toString();
  const credential =
    shown === undefined ? undefined : ({ token: bearerOf(shown), via: "token" } as const);
  const forwardedFor = call.metadata.get("x-forwarded-for").join(", ");
  const address = call
    .getPeer()
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "");
  return access.admit({ address, forwardedFor, credential }, needs, call.getPath().slice(1));
}
