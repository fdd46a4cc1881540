/** Finds out whether a member speaks TLS, while a cluster changes over to it. */
import { connect, type SecureContext } from "node:tls";
import { memberServerName } from "./member-name.ts";

/** Milliseconds for the handshake. */
const answerMsMax = 2000;

/**
 * False where something answers there that is not TLS. A member that does not answer may speak it. Nothing
 * is believed of the certificate, nor sent to the other side.
 */
export const speaksTls = (to: {
  readonly host: string;
  readonly port: number;
  readonly context: SecureContext;
}): Promise<boolean> =>
  new Promise((resolve) => {
    let connected = false;
    const socket = connect({
      ...{ host: to.host, port: to.port, secureContext: to.context },
      ...{ servername: memberServerName, rejectUnauthorized: false },
    });
    const answer = (speaks: boolean): void => {
      clearTimeout(giveUp);
      resolve(speaks);
      socket.destroy();
    };
    const giveUp = setTimeout(() => answer(true), answerMsMax);
    socket.once("connect", () => {
      connected = true;
    });
    socket.once("secureConnect", () => answer(true));
    socket.once("error", () => answer(!connected));
    socket.once("close", () => answer(!connected));
  });
