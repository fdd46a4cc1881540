/** The trailer `grpc-status-details-bin`, read by code that was made from googleapis' messages. */
import { fileURLToPath } from "node:url";
import type { ServiceError } from "@grpc/grpc-js";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";

export interface ErrorDetails {
  readonly code: number;
  readonly message: string;
  readonly errorInfo: {
    readonly reason: string;
    readonly domain: string;
    readonly metadata: Readonly<Record<string, string>>;
  };
  /** Seconds; undefined: no google.rpc.RetryInfo. */
  readonly retryDelay: number | undefined;
}

const file = fileURLToPath(new URL("google-rpc.proto", import.meta.url));
const decoders = loadSync(file, { longs: Number, defaults: true })[
  "google.rpc.Decoders"
] as ServiceDefinition;

const decode = <Message>(message: "Status" | "ErrorInfo" | "RetryInfo", bytes: Buffer) =>
  decoders[`Decode${message}`]?.requestDeserialize(bytes) as Message;

interface Status {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type_url: string; readonly value: Buffer }[];
}

/** Undefined: the error carries no details. */
export const errorDetailsOf = (error: ServiceError): ErrorDetails | undefined => {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (bytes === undefined) return undefined;
  const { code, message, details } = decode<Status>("Status", bytes as Buffer);
  const find = <Message>(name: "ErrorInfo" | "RetryInfo") => {
    const url = `type.googleapis.com/google.rpc.${name}`;
    const packed = details.find(({ type_url }) => type_url === url);
    return packed === undefined ? undefined : decode<Message>(name, packed.value);
  };
  const errorInfo = find<ErrorDetails["errorInfo"]>("ErrorInfo");
  if (errorInfo === undefined) throw new Error("a status without google.rpc.ErrorInfo");
  const retry = find<{ readonly retryDelay: { readonly seconds: number } }>("RetryInfo");
  return {
    ...{ code, message, retryDelay: retry?.retryDelay.seconds },
    errorInfo: { ...errorInfo, metadata: { ...errorInfo.metadata } },
  };
};
