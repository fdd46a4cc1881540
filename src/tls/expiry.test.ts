import { expect, test } from "vitest";
import { certificateFolder, memberNames } from "../../test/support/certificates.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { secondsLeft, watchExpiry } from "./expiry.ts";
import { checkTexts, readTexts } from "./material.ts";
import type { Rotating } from "./rotation.ts";

const dayMs = 86_400_000;

test("a certificate that expires is warned of once a day from its last 14 days on", async () => {
  const folder = await certificateFolder();
  const clock = new VirtualClock();
  // The certificate is checked by the real clock, and watched by this one, which starts in 1970.
  const start = Date.now() - clock.wall();
  const shifted = {
    wall: () => start + clock.wall(),
    after: (ms: number, run: () => void) => clock.after(ms, run),
  };
  const notAfter = new Date(start + 16 * dayMs + 60_000);
  const files = await folder.issue({ ...memberNames("a"), notAfter });
  const wanted = { files, settings: { cert: "C", key: "K", ca: "A" } };
  const current = checkTexts(wanted, await readTexts(wanted));
  const rotating: Rotating = { current, onChange() {}, close() {} };
  const lines: string[] = [];
  const warn = (_fields: object, message: string) => void lines.push(message);
  const watching = watchExpiry(
    new Map([["TLS_CERT", rotating]]),
    { debug() {}, info() {}, error() {}, warn },
    shifted,
  );
  clock.advance(2 * dayMs);
  expect(lines).toEqual([]);
  clock.advance(dayMs);
  expect(lines).toEqual(["TLS_CERT: the certificate expires in 13 days; replace its files"]);
  clock.advance(14 * dayMs);
  expect(lines).toHaveLength(15);
  expect(lines.at(-1)).toBe("TLS_CERT: the certificate has expired; replace its files");
  expect(secondsLeft(rotating, shifted.wall())).toBeLessThan(-86_000);
  watching.close();
  expect(clock.pending).toBe(0);
});
