/** A process of its own that takes replication streams on a port and answers every message. */
import { createGrpcServer } from "../../src/transport/server.ts";

const config = { nodes: [], host: "127.0.0.1", grpcPort: Number(process.argv[2]) };
const log = { debug() {}, info() {}, warn() {}, error() {} };
const server = createGrpcServer({ config, log });
server.network.listen((link) => ({
  received: () => {
    link.send({ type: "refusal", promisedEpoch: process.pid, promisedLeader: "", reason: "" });
  },
  closed() {},
}));
const { port } = await server.serve();
process.send?.({ port });
// Without its parent nobody would end it.
process.once("disconnect", () => process.exit());
