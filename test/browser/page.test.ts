import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";
import { Browser, type Page } from "./browser.js";

/** The page for 10,000 entries is to be usable in 2 s; a starved machine takes a few times as long. */
const USABLE_MS = 16_000;

const EVIL =
  '</script><img src=x onerror="window.evil=1"><!-- <script>window.evil=1</script> \u2028&amp;';

const said = (role: string, ...content: object[]) => ({
  timestamp: "2026-01-01T00:00:00.000Z",
  message: { role, content },
});
const text = (words: string) => ({ type: "text", text: words });

const BRANCHED = [
  HEADER_LINE,
  linkedLine("q1", null, said("user", text("first question"))),
  linkedLine(
    "a1",
    "q1",
    said("assistant", { type: "thinking", thinking: "deep thoughts" }, text(EVIL), {
      type: "toolCall",
      id: "c1",
      name: "bash",
      arguments: { command: "ls hidden-needle" },
    }),
  ),
  linkedLine("side", "a1", said("user", text("a side branch"))),
  linkedLine("side-answer", "side", said("assistant", text("Answer Aside"))),
  linkedLine("r1", "a1", {
    message: { ...said("toolResult", text("a-file")).message, toolName: "bash" },
  }),
  linkedLine("c", "r1", { type: "compaction", summary: "all that was said" }),
  linkedLine("lost", "nowhere", said("user", text("without a parent"))),
  linkedLine("q2", "c", said("user", text("last question"))),
].join("");

/** Waits until an expression is true; the page's policy keeps Playwright from doing so in the page. */
async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(expression), { timeout: 30_000 }).toBe(true);
}

function longTranscript(entries: number): string {
  const words = "what was asked and what was answered, at some length. ";
  const lines = [HEADER_LINE];
  for (let index = 0; index < entries; index += 1) {
    const role = index % 5 === 0 ? "user" : "assistant";
    const parent = index === 0 ? null : `e${index - (index % 100 === 99 ? 3 : 1)}`;
    lines.push(
      linkedLine(`e${index}`, parent, said(role, text(`${words.repeat(25)} no. ${index};`))),
    );
  }
  return lines.join("");
}

describe("the page of leaflog tree --html, in Chromium", { timeout: 180_000 }, () => {
  let browser: Browser | string;

  beforeAll(async () => {
    browser = await Browser.start();
    if (typeof browser === "string") console.warn(browser);
  }, 180_000);
  afterAll(async () => {
    if (typeof browser !== "string") await browser.close();
  });

  /** Opens the page of a transcript; whatever it complains of fails the test in `complaints`. */
  async function open(content: string, skip: (note?: string) => void, hash = "") {
    if (typeof browser === "string") {
      skip(browser);
      throw new Error(browser);
    }
    const directory = await tempDirectory();
    const file = join(directory, "transcript.jsonl");
    const html = join(directory, "page.html");
    await writeFile(file, content);
    const { code } = await runCli(["tree", file, "--html", html]);
    expect(code).toBe(0);
    const page = await browser.newPage();
    const complaints: string[] = [];
    const address = pathToFileURL(html).href;
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(address)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(`${address}${hash}`);
    await until(page, 'document.body.classList.contains("is-ready")');
    return { page, complaints, html };
  }

  /** Texts of the outline's rows, in their order. */
  const rowsOf = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll("#outline .row")]
      .sort((a, b) => a.offsetTop - b.offsetTop)
      .map((row) => row.querySelector(".label").textContent + ": " + row.querySelector(".gist").textContent)`);
  const textOf = (page: Page, selector: string): Promise<string> =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  const countOf = (page: Page, selector: string): Promise<number> =>
    page.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);

  test("shows every entry as it is, and runs nothing of it", async ({ skip }) => {
    const { page, complaints } = await open(BRANCHED, skip);
    expect(await page.evaluate("document.title")).toBe("transcript.jsonl");
    expect(await textOf(page, ".facts")).toBe(
      "session session-1 · 8 entries · branch of 5 · 1 fork · 2 trees",
    );
    const shown = await page.evaluate<string>(
      'document.querySelector("#entry-1 div.text").textContent',
    );
    expect(shown).toBe(EVIL);
    expect(await page.evaluate("window.evil")).toBeUndefined();
    expect(await countOf(page, "img")).toBe(0);
    for (const part of ["first question", "all that was said", "last question"]) {
      expect(await textOf(page, "#conversation")).toContain(part);
    }
    expect(await textOf(page, "#conversation")).not.toContain("Answer Aside");
    await page.click("#entry-1 details.call summary");
    // What is folded is made when it is opened, which the page hears of a moment later.
    await until(page, 'document.querySelector("#entry-1 details.call pre") !== null');
    expect(await textOf(page, "#entry-1 details.call pre")).toContain(
      '"command": "ls hidden-needle"',
    );
    expect(await countOf(page, ".mark.is-leaf")).toBe(2);
    expect(await countOf(page, "#row-6 .mark.is-damage")).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("folds and unfolds by mouse and by keys, and goes to a branch", async ({ skip }) => {
    const { page, complaints } = await open(BRANCHED, skip);
    const all = await rowsOf(page);
    expect(all.map((row) => row.slice(0, 24))).toEqual([
      "user: first question",
      "assistant: </script><img",
      "user: a side branch",
      "assistant: Answer Aside",
      "toolResult: a-file",
      "compaction: all that was",
      "user: last question",
      "user: without a parent",
    ]);
    await page.click("#row-0 .twisty");
    expect((await rowsOf(page)).map((row) => row.split(":", 1)[0])).toEqual([
      "user",
      "compaction",
      "user",
      "user",
    ]);
    expect(await page.evaluate('document.querySelector("#row-0").ariaExpanded')).toBe("false");
    expect(await textOf(page, "#row-0 .count")).toBe("+4");
    await page.click("#row-0 .label");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    const active = 'document.querySelector("#outline").getAttribute("aria-activedescendant")';
    expect(await page.evaluate(active)).toBe("row-2");
    expect(await textOf(page, "#conversation")).toContain("Answer Aside");
    expect(await textOf(page, "#conversation")).not.toContain("last question");
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    expect(await rowsOf(page)).toHaveLength(6);
    await page.keyboard.press("+");
    expect(await rowsOf(page)).toEqual(all);
    await page.keyboard.press("-");
    expect(await rowsOf(page)).toHaveLength(4);
    await page.keyboard.press("l");
    expect(await page.evaluate(active)).toBe("row-7");
    await page.click('#entry-1 [data-branch="2"]');
    expect(await textOf(page, "#conversation")).toContain("Answer Aside");
    expect(complaints).toEqual([]);
  });

  test("searches what is folded away too, and marks what it finds", async ({ skip }) => {
    const { page, complaints } = await open(BRANCHED, skip);
    await page.keyboard.press("-");
    await page.keyboard.press("/");
    await page.keyboard.type("HIDDEN-needle");
    await until(page, 'document.querySelector("#found").textContent === "1 entry"');
    expect(await rowsOf(page)).toHaveLength(1);
    await page.keyboard.press("Enter");
    expect(await textOf(page, "#entry-1.current details[open] pre mark")).toBe("hidden-needle");
    await page.keyboard.press("Escape");
    await until(page, 'document.querySelectorAll("#outline .row").length > 4');
    expect(await countOf(page, "mark")).toBe(0);
    await page.keyboard.press("/");
    await page.keyboard.type("question");
    await until(page, 'document.querySelector("#found").textContent === "2 entries"');
    await page.keyboard.press("Escape");
    expect(await page.evaluate('document.querySelector("#search").value')).toBe("");
    expect(complaints).toEqual([]);
  });

  test("is light or dark as the system is, and fits a narrow window", async ({ skip }) => {
    const { page, complaints } = await open(BRANCHED, skip, "#q2");
    expect(await page.evaluate('document.querySelector(".entry.current").id')).toBe("entry-7");
    const ground = "getComputedStyle(document.body).backgroundColor";
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await page.evaluate(ground);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await page.evaluate(ground)).toBe("rgb(255, 255, 255)");
    expect(dark).not.toBe("rgb(255, 255, 255)");
    await page.keyboard.press("t");
    expect(await page.evaluate(ground)).toBe(dark);
    await page.setViewportSize({ width: 420, height: 800 });
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(overflow)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("opens 10,000 entries at once, and finds and shows the last of them", async ({ skip }) => {
    const { page, complaints, html } = await open(longTranscript(10_000), skip);
    const usable = await page.evaluate<number>(
      'performance.getEntriesByName("leaflog-usable")[0].startTime',
    );
    expect(usable).toBeLessThan(USABLE_MS);
    expect((await stat(html)).size).toBeGreaterThan(10_000_000);
    // Those in sight are drawn, and no others.
    expect(await countOf(page, ".row")).toBeLessThan(120);
    expect(await countOf(page, ".entry")).toBeLessThan(120);
    await page.keyboard.press("/");
    await page.keyboard.type("no. 9999;");
    await until(page, 'document.querySelector("#found").textContent === "1 entry"');
    await page.keyboard.press("Enter");
    expect(await textOf(page, ".entry.current")).toContain("no. 9999;");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.evaluate('document.querySelector("#conversation").scrollBy(0, 1e6)');
    await until(page, 'document.querySelectorAll(".entry").length > 70');
    expect(complaints).toEqual([]);
    console.log(`10,000 entries were usable after ${Math.round(usable)} ms`);
  });
});
