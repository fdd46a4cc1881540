/** Requests as a test needs them: any method, any target, any bytes. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface RestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as a JSON object; empty when it is none. */
  readonly json: Record<string, unknown>;
}

export interface RestCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An address of this machine to send from. */
  readonly from?: string;
  /** A string or bytes go out as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** `target` is sent as it is. */
export const ask = (url: string, target: string, call: RestCall = {}): Promise<RestAnswer> =>
  new Promise((resolve, reject) => {
    const { method = "GET", body, from } = call;
    const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const bytes = isRaw ? body : JSON.stringify(body);
    const headers = {
      ...(bytes === undefined ? {} : { "content-type": "application/json" }),
      ...(bytes === undefined ? {} : { "content-length": String(Buffer.byteLength(bytes)) }),
      ...call.headers,
    };
    const { hostname, port } = new URL(url);
    const options = { hostname, port, path: target, method, headers, agent: false };
    const sent = request(from === undefined ? options : { ...options, localAddress: from });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", reject);
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, text, json: parsed(text) });
      });
    });
    sent.end(bytes);
  });

/** Sends bytes on a bare connection and returns all that comes back until the other side ends. */
export const askRaw = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(text));
    socket.write(bytes);
  });

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};
