/** The words of the language of stories: which verbs there are, and what may stand behind each. */

/** A line of a story that nobody can carry out. The sentence says why. */
export class BadCommand extends Error {
  override readonly name = "BadCommand";
}

export interface Command {
  readonly verb: string;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

export interface Verb {
  /**
   * What stands behind it: NODE, NODES (`leader,follower1`), TIME (`10ms`), COUNT, SHARE (0 to 1), MESSAGE (`#17`), TYPE (of
   * messages), WHOLE (a TIME in whole ms), KEY, NAME, or one of several words. In brackets: may be left out. With `…`: one or more.
   */
  readonly form: string;
  readonly options: readonly string[];
  readonly says: string;
  /** Any other option is a key and its value. */
  readonly writes?: true;
}

const ofWrites = ["quorum", "timeout", "if", "check", "once", "at", "wait"];
/** By name, in the order in which a reader wants to learn them. */
export const verbs: Readonly<Record<string, Verb>> = {
  cluster: {
    form: "",
    options: [
      ...["followers", "quorum", "failover", "lease", "backlog", "retention", "remember"],
      ...["slow", "down"],
    ],
    says: "Starts a new cluster: 5 followers and quorum 3 unless told otherwise. Wires and flushes take 1 ms.",
  },
  write: {
    form: "",
    options: ofWrites,
    writes: true,
    says: "Writes `KEY=VALUE…` at the leader, and waits 20 ms for the answer. `if=VERSION` is compare-and-set.",
  },
  delete: { form: "KEY", options: ofWrites, says: "Deletes a key at the leader." },
  writes: {
    form: "COUNT",
    options: ["quorum", "gap"],
    says: "So many writes to ten keys, `gap=TIME` apart, and how many of them ended how.",
  },
  read: {
    form: "NODE KEY",
    options: ["min", "as"],
    says: "Reads a key at a node; `as=linearizable` on any, `min=VERSION` waits until the node has it.",
  },
  view: {
    form: "NODE KEY…",
    options: ["as", "wait"],
    says: "Reads several keys as of one moment; `as=local` shows what the node has.",
  },
  run: { form: "TIME", options: [], says: "Lets time pass." },
  status: { form: "", options: [], says: "Says how far each node is." },
  log: { form: "NODE", options: [], says: "Shows the log on a node's disk." },
  ids: {
    form: "",
    options: [],
    says: "Shows to which cluster each disk belongs, and its promise.",
  },
  messages: {
    form: "on|off",
    options: [],
    says: "Tells every message that arrives, or stops that.",
  },
  crash: { form: "NODE…", options: [], says: "Kills processes: what was not flushed is lost." },
  kill: { form: "NODE…", options: [], says: "The same as `crash`." },
  start: {
    form: "NODE…",
    options: ["under"],
    says: "Starts nodes that are down; `under=NODE`: with settings by which that one leads.",
  },
  restart: { form: "NODE…", options: [], says: "Kills nodes and starts them at once." },
  wipe: { form: "NODE…", options: [], says: "Kills nodes and gives them empty disks." },
  freeze: { form: "NODE TIME", options: [], says: "The process stands still for so long." },
  shutdown: {
    form: "NODE",
    options: [],
    says: "The node answers what is in flight, flushes and ends.",
  },
  cut: {
    form: "NODE [both|there|back]",
    options: [],
    says: "Nothing comes through to this node (`there`), from it (`back`), or both. Messages wait.",
  },
  heal: { form: "NODE", options: [], says: "Ends the cuts around a node." },
  split: {
    form: "NODES NODES [oneway]",
    options: [],
    says: "Cuts the wires between two sets of nodes; `oneway`: from the first to the second only.",
  },
  join: { form: "NODES NODES", options: [], says: "Ends the cuts between two sets of nodes." },
  wire: {
    form: "NODE TIME [both|there|back]",
    options: [],
    says: "Messages to and from this node take so long.",
  },
  link: {
    form: "NODES NODES TIME [oneway]",
    options: [],
    says: "Messages between two sets of nodes take so long; `oneway`: from the first to the second only.",
  },
  delay: {
    form: "NODE WHOLE",
    options: [],
    says: "The leader holds entries to this follower back so long.",
  },
  drop: {
    form: "MESSAGE",
    options: [],
    says: "This message is lost, and its stream breaks with it: both sides connect again.",
  },
  slow: {
    form: "MESSAGE TIME",
    options: [],
    says: "This message comes so much later, and what follows it on its stream not before it.",
  },
  repeat: {
    form: "MESSAGE",
    options: [],
    says: "This append comes twice. No other message can: a stream repeats nothing, only the leader sends entries again.",
  },
  lose: {
    form: "TYPE",
    options: [],
    says: "Messages of this type are lost from now on, though their streams go on; `nothing` ends it.",
  },
  reset: { form: "NODE", options: [], says: "Breaks all streams to this node." },
  reorder: {
    form: "NODE",
    options: [],
    says: "The entries of each append to this node overtake each other.",
  },
  reverse: { form: "NODE TIME", options: [], says: "They come last one first, so far apart." },
  duplicate: { form: "NODE", options: [], says: "Every append to this node comes twice." },
  disk: {
    form: "NODE full|free|TIME",
    options: [],
    says: "The disk is full, has room again, or takes so long for a flush.",
  },
  quorum: { form: "COUNT", options: [], says: "Changes the write quorum." },
  hand: {
    form: "NODE",
    options: [],
    says: "The leader hands over to this node, with `failover=1`.",
  },
  lead: {
    form: "NODE",
    options: ["unaware"],
    says: "All nodes stop, and come back with settings by which this one leads; `unaware=NODE` goes on.",
  },
  stand: { form: "NODE…", options: [], says: "The leader tells these nodes to stand for leader." },
  patience: {
    form: "NODE SHARE",
    options: [],
    says: "How long a node waits before it stands: 0, not at all; 1, as long as it may.",
  },
  upgrade: {
    form: "",
    options: [],
    says: "All nodes stop; whichever starts again has `FAILOVER=1`.",
  },
  former: {
    form: "NODE…",
    options: [],
    says: "From now on these run a version that knows of no cluster ids.",
  },
  upgraded: {
    form: "NODE…",
    options: [],
    says: "These stop, and run the present version when they start.",
  },
  keep: {
    form: "NODE NAME",
    options: [],
    says: "Kills a node and takes its disk out, under this name.",
  },
  put: { form: "NAME NODE", options: [], says: "Kills a node and puts that disk in." },
  forge: {
    form: "NODE NODE prepare|snapshot|refusal",
    options: ["epoch", "at", "digest", "as"],
    says: "Sends what no honest node sends, in the name of the first node to the second.",
  },
  seed: {
    form: "COUNT [failover]",
    options: [],
    says: "Plays that random run of `npm run test:virtual`, as a cluster of its own.",
  },
};

/** Of every verb that lets time pass. */
export const untilOption = "until";

/** Throws a BadCommand whose sentence says what is wrong, and what would be right. */
export function parseCommand(text: string, ids: readonly string[]): Command {
  const [name = "", ...rest] = text.trim().split(/\s+/);
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) throw new BadCommand(`no command is called "${name}"`);
  const words = rest.filter((word) => !word.includes("="));
  const options = Object.fromEntries(
    rest.filter((word) => word.includes("=")).map((word) => splitOnce(word)),
  );
  if (ids.length === 0 && name !== "cluster" && name !== "seed")
    throw new BadCommand("a story begins with `cluster` or `seed`");
  checkOptions({ verb, name, options, ids });
  checkWords({ verb, name, words, ids });
  return { verb: name, words, options };
}

const splitOnce = (word: string): readonly [string, string] => {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
};

type Parsed = { readonly verb: Verb; readonly name: string; readonly ids: readonly string[] };

function checkOptions(command: Parsed & { readonly options: Command["options"] }): void {
  const { verb, name, options, ids } = command;
  for (const [option, text] of Object.entries(options)) {
    const known = option === untilOption || verb.options.includes(option);
    if (!known && verb.writes !== true)
      throw new BadCommand(`\`${name}\` has no option "${option}"`);
    const kind = known ? optionKinds[option] : undefined;
    if (option === "" || (kind !== undefined && !kind.fits(text, ids)))
      throw new BadCommand(`${option}=${text}: ${kind?.wants ?? "a key cannot be empty"}`);
  }
  const written = Object.keys(options).filter(
    (option) => option !== untilOption && !verb.options.includes(option),
  );
  if (verb.writes === true && written.length === 0)
    throw new BadCommand("`write` needs a key and a value, like `write a=1`");
}

function checkWords(command: Parsed & { readonly words: readonly string[] }): void {
  const { verb, name, words, ids } = command;
  const usage = `it is \`${name} ${verb.form}\`${/[[]/.test(verb.form) ? ", without brackets" : ""}`;
  const form = verb.form === "" ? [] : verb.form.split(" ");
  const isOpen = form.at(-1)?.endsWith("…") === true;
  if (words.length > form.length && !isOpen)
    throw new BadCommand(`"${words[form.length]}" is too much: it is \`${name} ${verb.form}\``);
  const count = Math.max(words.length, form.length);
  for (let at = 0; at < count; at += 1) {
    const wanted = form[Math.min(at, form.length - 1)] ?? "";
    const word = words[at];
    if (word === undefined) {
      if (wanted.startsWith("[")) return;
      throw new BadCommand(`something is missing behind \`${name}\`: ${usage}`);
    }
    const kinds = wanted.replace(/^\[|\]$|…$/g, "").split("|");
    if (!kinds.some((kind) => (wordKinds[kind]?.fits ?? ((own) => own === kind))(word, ids)))
      throw new BadCommand(`"${word}" does not fit: ${wordKinds[kinds[0] ?? ""]?.wants ?? usage}`);
  }
}

interface Kind {
  readonly fits: (text: string, ids: readonly string[]) => boolean;
  readonly wants: string;
}

const timeMsMax = 3_600_000;
const countMax = 1_000_000_000;
const followersMax = 8;

const isNumber = (text: string, max: number): boolean =>
  /^\d+(\.\d+)?$/.test(text) && Number(text) <= max;
const count = (max: number): Kind => ({
  fits: (text) => /^\d+$/.test(text) && Number(text) <= max,
  wants: `a whole number up to ${max}`,
});
const time: Kind = {
  fits: (text) => isNumber(text.replace(/ms$/, ""), timeMsMax),
  wants: "a time in milliseconds, like 10ms",
};
const node: Kind = { fits: (text, ids) => ids.includes(text), wants: "no node of this name" };
const any: Kind = { fits: (text) => text !== "", wants: "a word" };

const messageTypes = (
  "nothing append acks heartbeat heartbeatReply prepare promise lead refusal poll vote stand floor floorReceipt " +
  "confirm confirmed readMark wantMark fetchLog logPage fetchStore storePage snapshotChunk snapshotReceipt"
).split(" ");

const wordKinds: Readonly<Record<string, Kind>> = {
  NODE: node,
  NODES: {
    fits: (text, ids) => text.split(",").every((id) => ids.includes(id)),
    wants: "nodes are separated by commas, like leader,follower1",
  },
  TIME: time,
  WHOLE: {
    fits: (text) => isNumber(text.replace(/ms$/, ""), timeMsMax) && !text.includes("."),
    wants: "a time in whole milliseconds, like 10ms",
  },
  COUNT: count(countMax),
  SHARE: { fits: (text) => isNumber(text, 1), wants: "a number from 0 to 1" },
  MESSAGE: { fits: (text) => /^#\d+$/.test(text), wants: "a message under way, like #17" },
  TYPE: {
    fits: (text) => messageTypes.includes(text),
    wants: `a type of message, one of ${messageTypes.join(", ")}`,
  },
  KEY: any,
  NAME: any,
};

const oneOf = (...texts: readonly string[]): Kind => ({
  fits: (text) => texts.includes(text),
  wants: `one of ${texts.join(", ")}`,
});

const optionKinds: Readonly<Record<string, Kind>> = {
  followers: { ...count(followersMax), fits: (text) => /^[0-8]$/.test(text) },
  quorum: count(followersMax),
  failover: oneOf("0", "1"),
  lease: oneOf("0", "1"),
  backlog: count(countMax),
  retention: count(countMax),
  remember: count(countMax),
  slow: {
    fits: (text) => /^\w+:\d\d?(\.\d+)?$/.test(text),
    wants: "a node and a percentage below 100, like leader:5",
  },
  down: { fits: (text) => /^\w+$/.test(text), wants: "a node" },
  timeout: time,
  wait: time,
  gap: time,
  if: count(Number.MAX_SAFE_INTEGER),
  min: count(Number.MAX_SAFE_INTEGER),
  check: {
    fits: (text) => /^[^:,]+:\d+(,[^:,]+:\d+)*$/.test(text),
    wants: "keys and versions, like check=a:1,b:0",
  },
  as: any,
  at: any,
  epoch: count(Number.MAX_SAFE_INTEGER),
  under: node,
  unaware: node,
  until: { fits: (text) => /^#\d+$/.test(text), wants: "a point of the command, like until=#3" },
};
