/**
 * What may be kept in memory through `Replicate`, which anybody who reaches the port can call. Its
 * messages may be large, and public clients must not get in its way: so it has bounds of its own, and
 * what is newest always finds room. A leader's messages arrive within moments; what is cut off is a
 * stream that has sent half of a message and no more.
 *
 * Strangers share one room, however many addresses they have. Those at the address of a member have
 * another one, and those who have proved to be members a third: what is in a room takes nothing from the others.
 */
import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";
import { Budget, type Holding } from "../intake/budget.ts";
import { FairSlots, type Slot } from "../intake/fair-slots.ts";
import { GrpcCall } from "../intake/grpc-calls.ts";
import { messageBytesMax } from "./channel-options.ts";
import type { MemberAddresses } from "./member-addresses.ts";
import { replicationService } from "./replication-service.ts";

/** Bytes of half-received messages of members: of more than one at its largest, with what its pieces take. */
const memberBytesMax = 2.5 * messageBytesMax;
/** The same of strangers: of one. */
const strangerBytesMax = 1.5 * messageBytesMax;
/** Streams at a time in one room; the leader has one, and former leaders one each until they notice. */
const streamsMax = 64;

interface Room {
  readonly streams: FairSlots;
  readonly halfReceived: Budget;
}

/** One stream, and what it has of its room. */
interface Stream {
  readonly address: string;
  readonly cut: () => void;
  room: Room;
  /** Undefined once it is over. */
  slot: Slot | undefined;
  request: Holding;
  /** Of a message that has not arrived as a whole. */
  bytes: number;
}

/** The streams that others have opened to this node. */
export class BoundedReplication {
  readonly #addresses: MemberAddresses;
  readonly #strangers: Room;
  readonly #atMembers: Room;
  readonly #members: Room;
  /** Those in the room of strangers: an address may turn out to be a member's. */
  readonly #unknown = new Set<Stream>();
  /** The library hands the metadata of a call on to its handler as the same object. */
  readonly #byMetadata = new WeakMap<Metadata, Stream>();

  /** `provable`: members prove that they are, so that their address is only a hint. */
  constructor(options: { readonly addresses: MemberAddresses; readonly provable: boolean }) {
    const halfReceived = (bytesMax: number) =>
      new Budget({ bytesMax, safeMs: 0, now: () => performance.now() });
    const strangers = halfReceived(strangerBytesMax);
    const members = halfReceived(memberBytesMax);
    const room = (bytes: Budget) => ({
      streams: new FairSlots({ max: streamsMax, alwaysEnters: true }),
      halfReceived: bytes,
    });
    this.#addresses = options.addresses;
    this.#strangers = room(strangers);
    this.#atMembers = room(options.provable ? strangers : members);
    this.#members = room(members);
  }

  /** Keeps the streams between nodes within their bounds, and lets all other calls pass. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    if (method.path === replicationService.replicate.path) this.#opened(call);
    return call as never;
  };

  /** Whoever makes the call with this metadata has proved to be a member, by its certificate or by the secret. */
  proved(metadata: Metadata): void {
    const stream = this.#byMetadata.get(metadata);
    if (stream !== undefined && stream.slot !== undefined) this.#move(stream, this.#members);
  }

  /** Streams that are open. */
  get count(): number {
    const rooms = [this.#strangers, this.#atMembers, this.#members];
    return rooms.reduce((sum, { streams }) => sum + streams.count, 0);
  }

  #opened(call: ServerInterceptingCallInterface): void {
    const inner = new GrpcCall(call);
    const stream = this.#enter(inner.address ?? "", () => inner.cut());
    inner.stream.once("close", () => this.#left(stream));
    inner.onReceived((bytes) => {
      stream.bytes += bytes;
      if (!stream.request.take(bytes)) inner.cut();
    });
    const start = call.start.bind(call);
    call.start = (listener) =>
      start({
        onReceiveMetadata: (metadata) => {
          this.#byMetadata.set(metadata, stream);
          listener.onReceiveMetadata(metadata);
        },
        onReceiveMessage: (message) => {
          stream.request.release();
          stream.bytes = 0;
          stream.slot?.touch();
          listener.onReceiveMessage(message);
        },
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel: () => listener.onCancel(),
      });
  }

  #enter(address: string, cut: () => void): Stream {
    const isKnown = this.#addresses.has(address, () => this.#lookAgain());
    const room = isKnown ? this.#atMembers : this.#strangers;
    const [slot, request] = [room.streams.enter(address, cut), room.halfReceived.open(cut)];
    const stream = { address, cut, room, slot, request, bytes: 0 };
    if (!isKnown) this.#unknown.add(stream);
    return stream;
  }

  #left(stream: Stream): void {
    stream.request.release();
    stream.slot?.leave();
    stream.slot = undefined;
    this.#unknown.delete(stream);
  }

  /** Some addresses are known to be of members now. */
  #lookAgain(): void {
    for (const stream of [...this.#unknown]) {
      if (this.#addresses.has(stream.address, () => {})) this.#move(stream, this.#atMembers);
    }
  }

  #move(stream: Stream, room: Room): void {
    this.#left(stream);
    const { address, cut } = stream;
    stream.room = room;
    stream.slot = room.streams.enter(address, cut);
    stream.request = room.halfReceived.open(cut);
    if (!stream.request.take(stream.bytes)) cut();
  }
}
