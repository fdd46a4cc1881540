/**
 * Snapshots, chunk by chunk: whether they can be what an honest leader sends. Nothing is replaced before all is here
 * and has the digest that its end names. DESIGN.md, "What others say", rule 3.
 */
import type { SealedStore } from "../effects.ts";
import type { Sequence } from "../types.ts";
import type { FollowerDraft, FollowerFlush } from "./follower-effects.ts";
import type { Arriving, FollowerStage } from "./follower-stage.ts";
import type { Told } from "./told.ts";

type Following = Extract<FollowerStage, { type: "following" }>;
type ChunkFlush = Extract<FollowerFlush, { type: "chunk" }>;

export class Snapshots {
  readonly #out: FollowerDraft;
  /** How many have begun, over all streams. */
  #begun = 0;

  constructor(out: FollowerDraft) {
    this.#out = out;
  }

  /** Takes the next chunk. Undefined: it is as it should be. */
  take(stage: Following, message: Told<"snapshotChunk">, applying: Sequence): string | undefined {
    const { epoch, snapshot, index, records, end } = message;
    if (index === 0) {
      this.#begun += 1;
      const place = { epoch, number: snapshot, begun: this.#begun };
      stage.snapshot = { ...place, next: 0, newest: 0, isWhole: false };
    }
    stage.installing = true;
    const { link, snapshot: arriving } = stage;
    // Below that mark a snapshot would take something away from this node.
    const least = stage.replaces ? 0 : applying;
    if (arriving?.number !== snapshot || arriving.next !== index || arriving.isWhole)
      return `chunk ${index} of snapshot ${snapshot} is out of order`;
    const fault = faultOf(arriving, message, least);
    if (fault !== undefined) return fault;
    arriving.next += 1;
    if (index === 0) this.#out.beginStore();
    if (end === undefined)
      this.#out.addRecords(records, { type: "chunk", link, epoch, snapshot, index, end });
    else {
      arriving.isWhole = true;
      this.#out.sealStore({ number: arriving.begun, end });
    }
    return undefined;
  }

  /** What may be installed now, or why it may not; undefined: it is not the present snapshot. */
  sealed(
    { snapshot: arriving, link }: Following,
    { number, end, digest }: SealedStore,
  ): ChunkFlush | string | undefined {
    if (arriving?.begun !== number) return undefined;
    if (digest !== end.digest) return `its digest is ${digest}, and its end says ${end.digest}`;
    const { epoch, number: snapshot, next } = arriving;
    return { type: "chunk", link, epoch, snapshot, index: next - 1, end };
  }
}

function faultOf(
  arriving: Arriving,
  { records, end }: Told<"snapshotChunk">,
  least: Sequence,
): string | undefined {
  for (const { version } of records) arriving.newest = Math.max(arriving.newest, version);
  if (end === undefined) return undefined;
  const { applied } = end;
  if (records.length > 0) return "its end carries records";
  if (arriving.newest > applied)
    return `it ends at ${applied}, and a record in it is of version ${arriving.newest}`;
  return applied < least ? `it ends at ${applied}, and this node has applied ${least}` : undefined;
}
