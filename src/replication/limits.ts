/**
 * The bounds of everything that can grow on account of replication. A leader refuses (OVERLOADED)
 * before it passes one of the backlog's; the others only slow a stream down.
 */
export interface Limits {
  /** Entries that are not applied on the leader yet. */
  readonly backlogEntriesMax: number;
  readonly backlogBytesMax: number;
  /** Entries and bytes sent to one follower beyond its highest contiguous ack. */
  readonly windowEntriesMax: number;
  readonly windowBytesMax: number;
  /** One append message; an entry larger than that travels alone. */
  readonly messageEntriesMax: number;
  readonly messageBytesMax: number;
  /** Records of one snapshot chunk; a record larger than that travels alone. */
  readonly chunkBytesMax: number;
  /** Operations that one flush applies: some 10 ms of work. An entry with more has a flush of its own. */
  readonly appliedOperationsMax: number;
  /** Snapshot chunks that are on their way to one follower. */
  readonly snapshotChunksMax: number;
  readonly heartbeatIntervalMs: number;
  /** Silence after which a follower no longer counts as live. */
  readonly silenceMsMax: number;
  /** Silence in the middle of a snapshot after which its copy of the store is given up. */
  readonly snapshotSilenceMsMax: number;
  /** The same where the follower speaks, and takes nothing: its disk may be full. */
  readonly snapshotStallMsMax: number;
  /** Calm after which the floor is raised again. */
  readonly floorCalmMs: number;
  /** How long a write with an idempotency key is remembered at least, unless too many came after it. */
  readonly rememberMs: number;
  /** How many such writes are remembered at least. */
  readonly rememberedMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  backlogEntriesMax: 65_536,
  backlogBytesMax: 64 * 1024 * 1024,
  windowEntriesMax: 16_384,
  windowBytesMax: 16 * 1024 * 1024,
  messageEntriesMax: 512,
  messageBytesMax: 1024 * 1024,
  chunkBytesMax: 256 * 1024,
  appliedOperationsMax: 2_048,
  snapshotChunksMax: 4,
  heartbeatIntervalMs: 250,
  silenceMsMax: 1_200,
  snapshotSilenceMsMax: 10_000,
  snapshotStallMsMax: 60_000,
  floorCalmMs: 10_000,
  rememberMs: 600_000,
  rememberedMax: 100_000,
};
