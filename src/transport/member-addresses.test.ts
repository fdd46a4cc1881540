import { expect, test } from "vitest";
import { MemberAddresses } from "./member-addresses.ts";

/** Names are asked for one by one; each waits until it is answered. */
function create(hosts: readonly string[]) {
  const clock = { now: 0 };
  const asked: string[] = [];
  let answer: (addresses: readonly string[] | undefined) => void = () => {};
  const addresses = new MemberAddresses({
    hosts,
    lookup: (host) => {
      asked.push(host);
      return new Promise((resolve, reject) => {
        answer = (found) =>
          found === undefined
            ? reject(new Error("no such name"))
            : resolve(found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
      });
    },
    now: () => clock.now,
  });
  const answered = async (found: readonly string[] | undefined) => {
    answer(found);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, asked, addresses, answered };
}

const never = () => expect.unreachable();

test("an address is known in whatever form it is written", () => {
  const { addresses } = create(["10.0.0.1", "[2001:DB8:0::1]"]);
  for (const address of ["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"])
    expect(addresses.has(address, never)).toBe(true);
  for (const address of ["10.0.0.2", "2001:db8::2", "", "unix"])
    expect(addresses.has(address, never)).toBe(false);
});

test("names are looked up when somebody unknown comes, one at a time, and not for each", async () => {
  const { clock, asked, addresses, answered } = create(["a.example", "b.example", "a.example"]);
  let learnt = 0;
  const comes = () => addresses.has("10.0.0.2", () => (learnt += 1));
  for (let time = 0; time < 100; time++) expect(comes()).toBe(false);
  expect(asked).toEqual(["a.example"]);
  await answered(["10.0.0.1"]);
  expect(asked).toEqual(["a.example", "b.example"]);
  await answered(undefined);
  expect([learnt, addresses.has("10.0.0.1", never)]).toEqual([1, true]);
  expect(comes()).toBe(false);
  expect(asked).toHaveLength(2);
  clock.now = 5000;
  expect(comes()).toBe(false);
  // A name that is not found keeps its addresses.
  await answered(undefined);
  await answered(["10.0.0.2"]);
  expect([comes(), addresses.has("10.0.0.1", never), learnt]).toEqual([true, true, 2]);
});
