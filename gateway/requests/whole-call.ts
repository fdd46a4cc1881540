/** A call whose whole content is its JSON body. */
import type { Request } from "express";
import type { z } from "zod";
import type { Result } from "../../src/errors.ts";
import { readBody } from "./body.ts";
import { readFields } from "./fields.ts";
import { readQuery } from "./query.ts";

/** The body as the schema takes it. It is read even if the query is wrong: the connection can then be used again. */
export async function readCall<T>(request: Request, schema: z.ZodType<T>): Promise<Result<T>> {
  const query = readQuery(request.url, []);
  const body = await readBody(request);
  if (!query.ok) return query;
  return body.ok ? readFields(schema, body.value) : body;
}
