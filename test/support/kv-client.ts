/** The generated client of the public gRPC service, with promises. */
import {
  type ChannelOptions,
  type ClientOptions,
  credentials,
  InterceptingCall,
  type ServiceError,
} from "@grpc/grpc-js";
import {
  type BatchOperation,
  type BatchResponse,
  type BulkWriteItem,
  type BulkWriteRequest,
  type BulkWriteResponse,
  type Consistency,
  type DeleteResponse,
  KVClient,
  type ListRequest,
  type ListResponse,
  type ReadManyResponse,
  type ReadResponse,
  type StatusResponse,
  type WriteOptions,
  type WriteResponse,
} from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";

/** As in the message, except that a test writes versions as numbers. */
export type Options = Omit<Partial<WriteOptions>, "ifVersion"> & {
  readonly ifVersion?: number | undefined;
};
type Done<Response> = (error: ServiceError | null, value: Response) => void;

export class TestClient {
  readonly raw: KVClient;

  constructor(port: number, options: Partial<ClientOptions> = {}) {
    this.raw = new KVClient(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  close(): void {
    this.raw.close();
  }

  /** `value` is JSON text. */
  put(key: string, value: string, options?: Options): Promise<WriteResponse> {
    return call((done) => this.raw.write({ key, value, options: complete(options) }, done));
  }

  remove(key: string, options?: Options): Promise<DeleteResponse> {
    return call((done) => this.raw.delete({ key, options: complete(options) }, done));
  }

  readMany(keys: string[]): Promise<ReadManyResponse> {
    const minVersion = undefined;
    return call((done) => this.raw.readMany({ keys, minVersion, consistency: undefined }, done));
  }

  batch(operations: BatchOperation[], options?: Options): Promise<BatchResponse> {
    return call((done) => this.raw.batch({ operations, options: complete(options) }, done));
  }

  read(
    key: string,
    { minVersion, consistency }: { minVersion?: number; consistency?: Consistency } = {},
  ): Promise<ReadResponse> {
    const request = { key, minVersion: minVersion?.toString(), consistency };
    return call((done) => this.raw.read(request, done));
  }

  list(request: ListRequest): Promise<ListResponse> {
    return call((done) => this.raw.list(request, done));
  }

  status(): Promise<StatusResponse> {
    return call((done) => this.raw.status({}, done));
  }

  /** Sends each in a message of its own, as far as the server takes them, and waits for every answer. */
  bulkWrite(writes: Iterable<BulkWriteItem>): Promise<BulkWriteResponse[]> {
    return this.bulkMessages(Iterator.from(writes).map(alone));
  }

  /** The same for messages of any form. */
  bulkMessages(requests: Iterable<BulkWriteRequest>): Promise<BulkWriteResponse[]> {
    return new Promise((resolve, reject) => {
      const answers: BulkWriteResponse[] = [];
      const stream = this.raw.bulkWrite();
      stream.on("data", (answer: BulkWriteResponse) => answers.push(answer));
      stream.on("error", reject);
      stream.on("end", () => resolve(answers));
      for (const request of requests) stream.write(request);
      stream.end();
    });
  }
}

/** The message of BulkWrite that holds one write in the oldest form. */
export const alone = (write: BulkWriteItem): BulkWriteRequest => ({ ...write, writes: [] });

/** The message of BulkWrite that holds many. */
export const together = (writes: BulkWriteItem[]): BulkWriteRequest => ({
  id: "0",
  operations: [],
  options: undefined,
  writes,
});

/** Options of a client that shows this token with each call. */
export const showing = (token: string): Partial<ClientOptions> => ({
  interceptors: [
    (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          metadata.set("authorization", `Bearer ${token}`);
          next(metadata, listener);
        },
      }),
  ],
});

/** Channel options of a client that repeats what ends with UNAVAILABLE, as many are set up to. */
export const retrying: ChannelOptions = {
  "grpc.service_config": JSON.stringify({
    methodConfig: [
      {
        name: [{ service: "quorumkv.v1.KV" }],
        retryPolicy: {
          ...{ maxAttempts: 5, backoffMultiplier: 1 },
          ...{ initialBackoff: "0.01s", maxBackoff: "0.01s" },
          retryableStatusCodes: ["UNAVAILABLE"],
        },
      },
    ],
  }),
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 100,
};

const complete = (options: Options | undefined): WriteOptions | undefined =>
  options && { trace: false, ...options, ifVersion: options.ifVersion?.toString() };

const call = <Response>(start: (done: Done<Response>) => unknown) =>
  new Promise<Response>((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value) : reject(error)));
  });

export interface Refusal {
  /** The gRPC status. */
  readonly status: number;
  /** The stable code. */
  readonly code: string | undefined;
  readonly detail: string;
  readonly members: Readonly<Record<string, unknown>> | undefined;
}

/** The error that a call ended with; throws if it did not. */
export const errorOf = async (answer: Promise<unknown>): Promise<ServiceError> => {
  const error = (await answer.then(
    () => Promise.reject(new Error("the call was not refused")),
    (reason: unknown) => reason,
  )) as ServiceError;
  if (!("metadata" in error)) throw error;
  return error;
};

/** How a call was refused; throws if it was not. */
export const refusalOf = async (answer: Promise<unknown>): Promise<Refusal> => {
  const error = await errorOf(answer);
  const [members] = error.metadata.get("kv-problem-bin");
  return {
    status: error.code,
    code: error.metadata.get("kv-code")[0]?.toString(),
    detail: error.details,
    members: members === undefined ? undefined : JSON.parse(members.toString()),
  };
};
