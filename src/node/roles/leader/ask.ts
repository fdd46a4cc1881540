import type { Instant } from "../../../replication/types.ts";
import type { WriteAnswer, WriteRequest } from "../../api.ts";

/** A write that somebody waits for. */
export interface Ask {
  readonly request: WriteRequest;
  readonly proposedAt: Instant;
  readonly deadlineAt: Instant;
  readonly answer: WriteAnswer;
}
