/** The playground, as it opens from a disk: without a node, without a network. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type OpenPage, startBrowser, type TestBrowser } from "./browser.ts";
import { isTrue } from "./world.ts";

const root = join(import.meta.dirname, "../..");
const file = pathToFileURL(join(root, "webui/dist/playground.html")).href;
/** Whoever wants less motion sees the same, without waiting. */
const calm: BrowserContextOptions = { reducedMotion: "reduce" };

let browser: TestBrowser;
const open: OpenPage[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterEach(async () => {
  for (const { page, faults } of open.splice(0)) {
    await page.context().close();
    expect(faults).toEqual([]);
  }
});
afterAll(() => browser.close());

async function show(story: string, options: BrowserContextOptions = {}): Promise<Page> {
  return await showAt(`${file}#story=${story}`, options);
}

async function showAt(address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await browser.open(address, { ...calm, ...options });
  open.push(opened);
  await opened.page.locator(".node-card").first().waitFor();
  return opened.page;
}

/** Everything that the picture, the table of logs and the clock say of a moment. */
const stateInPage = `[
    ...[...document.querySelectorAll(".node-card")].map((card) => card.ariaLabel),
    ...[...document.querySelectorAll(".logs tr, .message-row, .now")].map((row) => row.textContent),
  ].join("\\n")`;
const stateOf = (page: Page): Promise<string> => page.evaluate(stateInPage);

/** What each command of a story said, from its file. */
function recordedOf(story: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(root, `src/virtual/stories/${story}.txt`), "utf8").split("\n");
  const said: string[][] = [];
  for (const line of lines)
    if (line.startsWith("> ")) said.push([]);
    else if (line !== "" && !/^[#?!]/.test(line)) said.at(-1)?.push(line);
  return said;
}

/** A text of one's own, played. */
async function write(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Story", exact: true }).fill(text);
  await page.locator("main[aria-busy=false]").waitFor();
  await page.evaluate("document.activeElement.blur()");
}

const textOf = (page: Page): Promise<string> =>
  page.getByRole("textbox", { name: "Story", exact: true }).inputValue();

test("a story runs to its recorded outcome, from a file, and its answer is shown at the end", async () => {
  const story = "51-leader-dies";
  const page = await show(story);
  expect(await page.locator(".prediction-answer").count()).toBe(0);
  await page.keyboard.press("End");
  await page.locator(".prediction-answer").waitFor();
  await page.getByRole("radio", { name: "Transcript" }).check();
  const said = await page.evaluate(
    `[...document.querySelectorAll(".said li")].map((li) => [...li.querySelectorAll("p")].map((p) => p.textContent))`,
  );
  expect(said).toEqual(recordedOf(story));
  await page.getByText("All promises hold").waitFor();
});

test("every step back shows exactly what the step forward had shown", async () => {
  const page = await show("51-leader-dies");
  // Within the page: for each of some hundred steps, the way to the browser and back would take longer.
  const walk = (key: string): Promise<readonly string[]> =>
    page.evaluate(`(async () => {
      const states = [];
      for (;;) {
        states.push(${stateInPage});
        const count = document.querySelector(".now-count").textContent;
        dispatchEvent(new KeyboardEvent("keydown", { key: ${JSON.stringify(key)} }));
        await new Promise((resolve) => setTimeout(resolve));
        if (document.querySelector(".now-count").textContent === count) return states;
      }
    })()`);
  await page.keyboard.press("Home");
  const forward = await walk("ArrowRight");
  expect(new Set(forward).size).toBe(forward.length);
  expect(forward.length).toBeGreaterThan(50);
  expect(await walk("ArrowLeft")).toEqual(forward.toReversed());
});

test("keys jump to the next and the previous mark, and do nothing while a text is typed", async () => {
  const page = await show("02-kth-ack");
  const now = page.locator(".now-text");
  await page.keyboard.press("w");
  await expect.poll(() => now.textContent()).toContain("a=1");
  await page.keyboard.press("w");
  await page.keyboard.press("w");
  await expect.poll(() => now.textContent()).toContain("a=3");
  await page.keyboard.press("Shift+W");
  await expect.poll(() => now.textContent()).toContain("a=2");
  await page.keyboard.press("a");
  await expect.poll(() => now.textContent()).toContain("ack");
  const before = await stateOf(page);
  await page.getByRole("textbox", { name: "Key", exact: true }).fill("");
  await page.keyboard.type("wax");
  expect(await page.getByRole("textbox", { name: "Key", exact: true }).inputValue()).toBe("wax");
  expect(await stateOf(page)).toBe(before);
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).getByText("Play or pause").waitFor();
});

test("playing comes to the end by itself, and the instant moves between the events", async () => {
  const page = await show("01-one-write", { reducedMotion: "no-preference" });
  await page.evaluate(`void (window.places = new Set(), new MutationObserver(() => {
    places.add(document.querySelector(".timeline .hand").style.transform);
  }).observe(document.querySelector(".timeline .hand"), { attributes: true }))`);
  await page.getByRole("button", { name: "Play" }).click();
  await page.locator(".prediction-answer").waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  const moments = Number((await page.locator(".now-count").textContent())?.split(" ").at(-1));
  expect(await page.evaluate("places.size")).toBeGreaterThan(moments);
});

test("a dropped message is lost: the deed is appended to the text at this moment, and can be undone", async () => {
  const page = await show("01-one-write");
  const former = await textOf(page);
  await page.keyboard.press("w");
  await page.keyboard.press("ArrowRight");
  await page.locator(".message-row").first().click();
  await page.getByRole("button", { name: "Drop" }).click();
  await expect.poll(() => textOf(page)).toMatch(/> write a=1 until=#\d+\n\n> drop #\d+\n/);
  await page.getByRole("radio", { name: "Events" }).check();
  await page.locator(".events li", { hasText: "lost" }).first().waitFor();
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("u");
  await page.getByRole("radio", { name: "Text" }).check();
  await expect.poll(() => textOf(page)).toBe(former);
});

test("a node is killed, started and read by its buttons, and a link is cut one way", async () => {
  const page = await show("01-one-write");
  await page.keyboard.press("End");
  const card = (name: string) => page.locator(".node-card", { hasText: name });
  await card("follower1").click();
  await page.getByRole("button", { name: "Kill" }).click();
  await page.locator(".node-card.down", { hasText: "follower1" }).waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.locator(".node-card.up", { hasText: "follower1" }).waitFor();
  await page.getByText("Single links").click();
  await page.getByRole("button", { name: "Cut to follower2 from follower1" }).click();
  await page.locator("path.cut").waitFor();
  await card("follower3").click();
  await page.getByRole("button", { name: "Read", exact: true }).click();
  const deeds = ["crash follower1", "start follower1", "split follower1 follower2 oneway"];
  await expect
    .poll(async () => (await textOf(page)).match(/^> (?!run).*/gm)?.slice(-4))
    .toEqual([...deeds, "read follower3 a"].map((deed) => `> ${deed}`));
});

test("by keyboard alone: a message is chosen and dropped, and a field is left", async () => {
  const page = await show("01-one-write");
  for (const key of ["w", "ArrowRight", "m", "d", "Enter"]) await page.keyboard.press(key);
  await expect.poll(() => textOf(page)).toMatch(/> drop #\d+\n/);
  await page.keyboard.press("i");
  const field = page.getByRole("textbox", { name: "Story", exact: true });
  await expect.poll(() => field.evaluate("document.activeElement.ariaLabel")).toBe("Story");
  await page.keyboard.press("Escape");
  await page.keyboard.press("u");
  await expect.poll(() => textOf(page)).not.toContain("drop");
});

test("a message above a node can be clicked, and the node beside it too", async () => {
  const page = await show("01-one-write");
  await write(
    page,
    "> cluster failover=1 followers=3 quorum=2\n\n> link follower1 follower3 3ms\n\n> crash leader\n\n> run 300ms\n",
  );
  await page.keyboard.press("l");
  await page.keyboard.press("x");
  // Half-way between the outer followers stands the middle one.
  const found = await page.evaluate(`(async () => {
    const card = [...document.querySelectorAll(".node-card")].find((one) => /^follower2/.test(one.ariaLabel));
    const { left, right, top, bottom } = card.getBoundingClientRect();
    for (let step = 0; step < 100; step += 1) {
      for (let y = top + 2; y < bottom; y += 4)
        for (let x = left + 2; x < right; x += 4) {
          const pointer = { bubbles: true, clientX: x, clientY: y };
          card.dispatchEvent(new PointerEvent("pointermove", pointer));
          if (document.querySelector(".drawing.over") !== null) return { x, y };
        }
      dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
      await new Promise(requestAnimationFrame);
    }
  })()`);
  const { x, y } = found as { readonly x: number; readonly y: number };
  await page.mouse.click(x, y);
  await page.getByRole("heading", { name: /^Message #\d+$/ }).waitFor();
  await page.locator(".node-card", { hasText: "follower1" }).click();
  await page.getByRole("heading", { name: "follower1" }).waitFor();
});

test("one link alone is slowed by a button", async () => {
  const page = await show("02-kth-ack");
  await write(page, "> cluster followers=2 quorum=2\n");
  await page.keyboard.press("End");
  await page.keyboard.press("2");
  await page.getByText("Single links").click();
  await page.getByRole("button", { name: "20 ms long: follower1 – leader" }).click();
  await expect.poll(() => textOf(page)).toContain("> link follower1 leader 20ms\n");
  await page.getByText("open, 20 ms to leader, 20 ms to follower1").waitFor();
});

test("where a planted fault breaks no promise, the page says what it changes", async () => {
  const page = await show("22-outcome-unknown");
  const choice = page.getByLabel("With a bug");
  await choice.selectOption("a read of the leader sees a write before it is settled");
  const note = page.locator(".bug-note");
  await note.getByText("says “a: 1 at version 1” instead of “a: KEY_NOT_FOUND”").waitFor();
  await note.getByRole("button", { name: "Go there" }).click();
  await expect.poll(() => page.locator(".now-text").textContent()).toContain("a: 1 at version 1");
  await choice.selectOption("");
  await note.waitFor({ state: "detached" });
});

test("the answer of a story is not given away by a text that somebody changed", async () => {
  const page = await show("01-one-write");
  await write(page, "> cluster followers=3 quorum=2\n\n> crash follower1\n\n> write a=1\n");
  await page.keyboard.press("End");
  await page.getByText("The text ends here").waitFor();
  expect(await page.locator(".prediction-answer").count()).toBe(0);
});

test("a planted fault is found by the story that hunts it: the run ends there, and says why", async () => {
  const page = await show("02-kth-ack");
  const choice = page.getByLabel("With a bug");
  await choice.selectOption("a follower acks before its flush");
  await page.getByText("An ack says that an entry is durable there").waitFor();
  await page.locator("main[aria-busy=false]").waitFor();
  const link = page.getByRole("button", { name: "Open the story that hunts it" });
  if (await link.isVisible()) await link.click();
  await page.getByRole("button", { name: "Go there" }).click();
  await page.getByRole("alert").getByText("A promise is broken.").waitFor();
  expect(await page.getByLabel("To the end (End)").getAttribute("aria-disabled")).toBe("true");
  expect(await page.locator(".node-card.contradicts, .breach-note li").count()).toBeGreaterThan(0);
  await choice.selectOption("");
  await page.getByText("All promises hold in all").waitFor();
});

test("a line that is no command is marked, and says what is wrong", async () => {
  const page = await show("01-one-write");
  await write(page, "> cluster followers=2 quorum=1\n\n> wirte a=1\n");
  await page.getByRole("alert").getByText("Line 3:").waitFor();
  await page.locator(".editor-back .at-fault", { hasText: "wirte" }).waitFor();
});

test("a copied link opens the same text, at the same moment, in the same view", async () => {
  const page = await show("02-kth-ack");
  await write(page, "> cluster followers=2 quorum=1\n\n> write ä=1\n\n> run 5ms\n");
  await page.keyboard.press("w");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("l");
  const state = await stateOf(page);
  await page.keyboard.press("k");
  await page
    .getByRole("status")
    .getByText(/Link copied|does not allow copying/)
    .waitFor({ state: "attached" });
  const again = await showAt(page.url());
  expect(await stateOf(again)).toBe(state);
  expect(await textOf(again)).toBe(await textOf(page));
  expect(await again.getByRole("radio", { name: "Leader left" }).isChecked()).toBe(true);
});

test("a link that was cut off gives a sentence and the first story", async () => {
  const page = await showAt(`${file}#s=nothing-of-this`);
  await page.getByRole("alert").getByText("The link could not be read").waitFor();
  await page.getByRole("heading", { name: "One write" }).waitFor();
});

test("a link to a story that there is not says so", async () => {
  const page = await showAt(`${file}#story=999-nothing`);
  await page.getByRole("alert").getByText("No story is called “999-nothing”").waitFor();
});

test("the diagram is linked with the picture, and is saved in black on white", async () => {
  const page = await show("01-one-write");
  const d = await page.locator(".voyage.entries .voyage-line").first().getAttribute("d");
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = (d ?? "").match(/[\d.]+/g)?.map(Number) ?? [];
  const position = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  await page.locator("svg.space-time").click({ position });
  await page.getByRole("heading", { name: /^Message #\d+$/ }).waitFor();
  await page.locator(".voyage.lit").waitFor();
  const saved = async (name: string) => {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name, exact: true }).click();
    const done = await download;
    return { name: done.suggestedFilename(), bytes: readFileSync(await done.path()) };
  };
  const svg = await saved("SVG");
  expect(svg.name).toBe("01-one-write.svg");
  expect(svg.bytes.toString()).toMatch(/^<svg xmlns/);
  expect(svg.bytes.toString()).toContain("[1: a=1]");
  const png = await saved("PNG");
  expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
  expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(2000);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`in ${colorScheme}: axe finds nothing, at rest, with a node chosen, and in the help`, async () => {
    const page = await show("53-three-against-three", { colorScheme });
    await page.keyboard.press("e");
    await page.keyboard.press("2");
    await page.locator(".legend summary").click();
    const check = async () => {
      const found = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        .analyze();
      return found.violations.map(({ id, nodes }) => ({
        id,
        where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
      }));
    };
    expect(await check()).toEqual([]);
    await page.locator(".legend summary").click();
    if (colorScheme === "dark") return;
    await page.keyboard.press("?");
    expect(await check()).toEqual([]);
  });
}

test("with 7 nodes at 360 px nothing is wider than the page, and no node covers another", async () => {
  const page = await show("01-one-write", { viewport: { width: 360, height: 740 } });
  await write(page, "> cluster followers=6 quorum=3\n\n> write a=1\n\n> crash follower2\n");
  await isTrue(page, `document.querySelectorAll(".node-card").length === 7`);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
  const boxes = (await page.evaluate(`[...document.querySelectorAll(".node-card")].map((card) => {
    const { left, right, top, bottom } = card.getBoundingClientRect();
    return { left, right, top, bottom };
  })`)) as readonly Record<"left" | "right" | "top" | "bottom", number>[];
  for (const [place, one] of boxes.entries())
    for (const other of boxes.slice(place + 1)) {
      const isApart =
        one.right <= other.left ||
        other.right <= one.left ||
        one.bottom <= other.top ||
        other.bottom <= one.top;
      expect([one, other, isApart]).toEqual([one, other, true]);
    }
});

test("whoever wants less motion sees whole steps", async () => {
  const page = await show("01-one-write");
  await page.getByRole("button", { name: "Play" }).click();
  await page.keyboard.press("t");
  const before = await page.locator(".now-count").textContent();
  await isTrue(
    page,
    `document.querySelector(".now-count").textContent !== ${JSON.stringify(before)}`,
  );
  await page.getByRole("button", { name: "Pause" }).click();
  const slider = page.getByRole("slider", { name: "Position" });
  const value = Number(await slider.inputValue());
  await page.keyboard.press("Tab");
  await page.locator("body").press("ArrowRight");
  await page.locator("body").press("ArrowLeft");
  expect(Number(await slider.inputValue())).toBe(value);
});
