/** Watches a stage and keeps what its clusters look like after each event. */
import type { NodeEvent } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import type { Violation } from "../world/violation.ts";
import { Asked } from "./asked.ts";
import { breachOf } from "./breach.ts";
import {
  type Breach,
  type Call,
  type Moment,
  type MomentKind,
  momentKinds,
  type NodeView,
  type Voyage,
} from "./moments.ts";
import { NodeViews } from "./node-views.ts";
import { Travel, textOf } from "./travel.ts";

interface Note {
  readonly kind: MomentKind;
  readonly text: string;
}

/** What a moment says where nothing told what happened. */
const textsMax = 4;
/** Log lines of a node that stands for leader, is elected, or makes room. */
const ofElections = /stands for leader|no leader is heard|no longer leads|this node obeys|hand/;

export class Recorder {
  readonly #moments: Moment[] = [];
  readonly #ids: NodeId[] = [];
  readonly #asked = new Asked();
  readonly #travel = new Travel();
  #cluster: VirtualCluster | undefined;
  #views: NodeViews | undefined;
  /** When the present cluster began. */
  #baseAt = 0;
  #line = -1;
  #notes: Note[] = [];
  #sendings = new Map<string, string[]>();

  constructor() {
    this.#add("begin", { point: undefined });
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }

  get ids(): readonly NodeId[] {
    return this.#ids;
  }

  get calls(): readonly Call[] {
    return this.#asked.calls;
  }

  get voyages(): readonly Voyage[] {
    return this.#travel.voyages;
  }

  /** That line's command is carried out now. */
  begin(line: number): void {
    this.#line = line;
  }

  get line(): number {
    return this.#line;
  }

  get #now(): number {
    return this.#baseAt + (this.#cluster?.time.now() ?? 0);
  }

  opened(cluster: VirtualCluster): void {
    this.#baseAt = this.#now;
    this.#travel.clear(this.#baseAt);
    this.#cluster = cluster;
    const views = new NodeViews(cluster);
    this.#views = views;
    for (const id of cluster.ids) if (!this.#ids.includes(id)) this.#ids.push(id);
    this.#note(
      "begin",
      `a cluster of ${cluster.ids.length} ${cluster.ids.length === 1 ? "node" : "nodes"}`,
    );
    const isPresent = () => this.#cluster === cluster;
    cluster.watch = {
      started: (id) => {
        views.changed(id);
        this.#note("start", `${id} starts`);
        const node = cluster.member(id).process?.node;
        node?.subscribe((event) => isPresent() && this.#heard(views, id, event));
      },
      crashed: (id) => {
        views.crashed(id);
        this.#note("crash", `${id} crashes`);
      },
      flushing: (id, batch) => views.flushing(id, batch),
      flushed: (id) => {
        views.changed(id);
        if (isPresent()) this.#note("flush", `${id} has flushed`);
      },
      called: (id, call) => {
        const draft = this.#asked.called(id, call, this.#now);
        this.#note("call", `${draft.text} at ${id}`);
        return (answer) => {
          if (!isPresent()) return;
          this.#asked.answered(draft, call, { at: this.#now, answer });
          this.#note("answer", `${draft.text}: ${draft.outcome}`);
        };
      },
      logged: (id, line) => {
        if (isPresent() && ofElections.test(line))
          this.#note("election", line.startsWith(id) ? line : `${id}: ${line}`);
      },
    };
    cluster.network.watch = {
      sent: (flight) => {
        this.#travel.sent(flight, this.#now);
        const what = `${flight.from} sends ${textOf(flight)}`;
        this.#sendings.set(what, [...(this.#sendings.get(what) ?? []), flight.to]);
      },
      ended: (flight, outcome) => {
        this.#travel.ended(flight, outcome, this.#now);
        const { from, to, message } = flight;
        const what = `${from} -> ${to}: ${textOf(flight)}${outcome === "lost" ? ", lost" : ""}`;
        if (outcome === "delivered") views.delivered(flight);
        this.#note(message.type === "acks" ? "ack" : "message", what);
      },
    };
  }

  #heard(views: NodeViews, id: NodeId, event: NodeEvent): void {
    views.heard(id, event);
    if (event.type === "settled") this.#note("settled", `${id} settles entry ${event.sequence}`);
  }

  #note(kind: MomentKind, text: string): void {
    this.#notes.push({ kind, text });
  }

  /** The world can be looked at. `point`: see Moment. */
  look(point: number | undefined): void {
    const cluster = this.#cluster;
    const last = this.#moments.at(-1);
    if (cluster === undefined || last === undefined) return;
    const nodes = this.#views?.look() ?? [];
    this.#compare(last.nodes, nodes);
    const hasChanged =
      this.#notes.length > 0 ||
      nodes !== last.nodes ||
      this.#travel.flights(cluster.network, this.#baseAt) !== last.flights ||
      this.#travel.cuts(cluster.network) !== last.cuts ||
      this.#travel.slow(cluster.network) !== last.slow;
    if (hasChanged) this.#add("timer", { point });
  }

  /** The command is over: time may have passed without an event. `said`: what came of it. */
  end(command: string, said: readonly string[]): void {
    if (this.#cluster === undefined) return;
    const [only] = said;
    const isNew = said.length === 1 && this.#notes.every(({ kind }) => kind !== "answer");
    this.#note("command", isNew ? `${command}: ${only?.replace(/^\+[\d.]+ ms +/, "")}` : command);
    this.look(undefined);
  }

  broke(violation: Violation): Breach {
    this.#note("broken", violation.message);
    this.#add("broken", { point: undefined });
    const moment = this.#moments.length - 1;
    return breachOf(violation, {
      ...{ moment, ids: this.#ids, asked: this.#asked },
      baseAt: this.#baseAt,
    });
  }

  /** Marks and roles that are others than before. */
  #compare(before: readonly NodeView[], after: readonly NodeView[]): void {
    if (before === after) return;
    for (const [at, view] of after.entries()) {
      const old = before[at];
      if (old === undefined || old === view || old.id !== view.id) continue;
      const { id, role, epoch, committed } = view;
      if (role === "leader" && old.role === "leader" && committed > old.committed)
        this.#note("commit", `${id} commits up to entry ${committed}`);
      if (role !== old.role && view.state !== "down" && old.state !== "down")
        this.#note(
          "election",
          `${id} ${role === "follower" ? "follows" : role === "leader" ? "leads" : "stands"} in epoch ${epoch}`,
        );
    }
  }

  #add(fallback: MomentKind, { point }: { readonly point: number | undefined }): void {
    const notes = this.#notes;
    this.#notes = [];
    const kinds = momentKinds
      .toReversed()
      .filter((kind) => notes.some((note) => note.kind === kind));
    const [kind = fallback] = kinds;
    const cluster = this.#cluster;
    const network = cluster?.network;
    this.#moments.push({
      index: this.#moments.length,
      at: this.#now,
      kind,
      kinds: kinds.length > 0 ? kinds : [kind],
      text: this.#textOf(notes, kinds),
      line: this.#line,
      point,
      nodes: this.#views?.look() ?? [],
      flights: network === undefined ? [] : this.#travel.flights(network, this.#baseAt),
      cuts: network === undefined ? [] : this.#travel.cuts(network),
      slow: network === undefined ? [] : this.#travel.slow(network),
      voyages: this.voyages.length,
      calls: this.calls.length,
    });
  }

  #textOf(notes: readonly Note[], kinds: readonly MomentKind[]): string {
    const sendings = [...this.#sendings].map(([what, to]) => `${what} to ${to.join(", ")}`);
    this.#sendings = new Map();
    const texts = kinds.flatMap((kind) =>
      notes.filter((note) => note.kind === kind).map(({ text }) => text),
    );
    const shown = texts.length > 0 ? texts : sendings;
    const more = shown.length > textsMax ? `; and ${shown.length - textsMax} more` : "";
    return shown.slice(0, textsMax).join("; ") + more;
  }
}
