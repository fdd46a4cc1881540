/** Texts of stories from a seed: whatever a curious person might type. */
import { verbs } from "../../src/virtual/stage/commands.ts";
import { Chance } from "../../src/virtual/world/random.ts";

export function randomStory(seed: number): string {
  const chance = new Chance(seed);
  const followers = chance.whole(1, 5);
  const nodes = ["leader", ...Array.from({ length: followers }, (_, at) => `follower${at + 1}`)];
  const node = () => chance.pick(nodes);
  const key = () => chance.pick(["a", "b", "c"]);
  const ms = (most: number) => `${(chance.next() * most).toFixed(1)}ms`;
  const quorum = () => chance.whole(0, followers);
  const failover = chance.happens(0.4) ? " failover=1" : "";
  const deeds: readonly (() => string)[] = [
    () => `write ${key()}=${chance.whole(1, 99)}`,
    () => `write ${key()}=${chance.whole(1, 99)} quorum=${quorum()} wait=${ms(60)}`,
    () => `write ${key()}=${chance.whole(1, 99)} if=${chance.whole(0, 3)}`,
    () => `delete ${key()}`,
    () => `writes ${chance.whole(2, 6)} gap=${ms(3)}`,
    () => `read ${node()} ${key()}`,
    () => `read ${node()} ${key()} as=linearizable`,
    () => `view ${node()} a b c`,
    () => `run ${ms(60)}`,
    () => `run ${ms(600)}`,
    () => `crash ${node()}`,
    () => `start ${nodes.join(" ")}`,
    () => `restart ${node()}`,
    () => `wipe ${node()}`,
    () => `freeze ${node()} ${ms(200)}`,
    () => `cut ${node()} ${chance.pick(["both", "there", "back"])}`,
    () => `heal ${node()}`,
    () => `wire ${node()} ${ms(30)}`,
    () => `delay ${chance.pick(nodes.slice(1))} ${chance.whole(0, 40)}ms`,
    () => `duplicate ${node()}`,
    () => `reverse ${node()} 2ms`,
    () => `disk ${node()} ${chance.pick(["full", "free", "5ms"])}`,
    () => `quorum ${chance.whole(0, followers)}`,
    () => (failover === "" ? `lead ${node()}` : `hand ${node()}`),
    () => "status",
  ];
  const count = chance.whole(4, 14);
  const lines = [`cluster followers=${followers} quorum=${quorum()}${failover}`];
  while (lines.length < count) lines.push(chance.pick(deeds)());
  return lines.map((line) => `> ${line}\n`).join("\n");
}

/** What may stand for each kind of word, right or wrong. */
const words: Readonly<Record<string, readonly string[]>> = {
  NODE: ["leader", "follower1", "follower2", "follower9"],
  NODES: ["leader,follower1", "follower2", ","],
  TIME: ["5ms", "0.3ms", "200ms", "0", "-1ms", "soon"],
  WHOLE: ["5ms", "100", "0.3ms"],
  COUNT: ["0", "1", "3", "9", "1.5"],
  SHARE: ["0", "0.7", "2"],
  MESSAGE: ["#17", "#20", "#25", "17"],
  KEY: ["a", "b", "constructor", "__proto__"],
  NAME: ["x"],
  TYPE: ["append", "acks", "nothing", "something"],
};
const values = ["0", "1", "2", "48", "5ms", "leader", "leader:5", "nobody:3", "a:1", "local", "#3"];

/** Commands with words and options that fit, or do not. */
export function randomCommands(seed: number): string {
  const chance = new Chance(seed);
  const command = (name: string): string => {
    const { form, options, writes } = verbs[name] ?? { form: "", options: [] };
    const said = form.split(" ").flatMap((wanted) => {
      if (wanted === "" || (wanted.startsWith("[") && chance.happens(0.5))) return [];
      const kinds = wanted.replace(/^\[|\]$|…$/g, "").split("|");
      return [chance.pick(kinds.flatMap((kind) => words[kind] ?? [kind]))];
    });
    const chosen = options.filter(() => chance.happens(0.1));
    const set = chosen.map((option) => `${option}=${chance.pick(values)}`);
    if (writes === true)
      set.push(`${chance.pick(["a", "__proto__"])}=${chance.pick(["1", "x", ""])}`);
    return [name, ...said, ...set].join(" ");
  };
  const names = Object.keys(verbs).filter((name) => name !== "seed");
  const lines = Array.from({ length: 8 }, () => command(chance.pick(names)));
  return ["cluster followers=2 quorum=1", ...lines].map((line) => `> ${line}\n`).join("");
}
