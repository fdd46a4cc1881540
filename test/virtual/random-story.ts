/** Texts of stories from a seed: whatever a curious person might type. */
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
