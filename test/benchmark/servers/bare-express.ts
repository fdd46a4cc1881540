/** What a leader's read is compared with: the least that Express can do for the same answer. */
import express from "express";

const value = "v".repeat(64);
const app = express();
app.disable("x-powered-by");
app.get("/read", (request, response) => {
  response.json({ key: request.query["key"], value, version: 1 });
});
app.put("/write", (_request, response) => {
  response.json({ version: 1 });
});
const server = app.listen(Number(process.argv[2]), "127.0.0.1", (error) => {
  if (error) throw error;
  process.stdout.write("listening\n");
});
// As long as this store keeps an idle connection.
server.keepAliveTimeout = 60_000;
