/** The page of a summary's attention (pipelines/attention-page.ts) in a real Chromium, from a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AutoTokenizer, attentionPage, LEDForConditionalGeneration, summarizeWithAttention } from "../../src/index.ts";
import { findChromium, noChromium } from "./chromium.ts";

const embedded = fileURLToPath(new URL("../../models/embedded", import.meta.url));
const filling = "The minutes of this meeting are kept in the office and may be read there by everybody.\n".repeat(150);
const said = [
  "The new harbour opens in May, three years after the first stone was laid by the mayor.",
  "The town will build two cold stores for the fishermen this autumn.",
];
/** What a document must not do to the page that shows it. */
const hostile = `<img src="http://127.0.0.1:9/x.png" onerror="document.title = 'taken'"></div></section><script>document.title = "taken"</script> stands in it.`;
const text = `${said[0]}\n${hostile}\n${filling}${said[1]}\n${filling}${"wide".repeat(400)}\n`;

describe.skipIf(noChromium)(`the page of attention in Chromium${noChromium ? ` (${noChromium})` : ""}`, () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  let page: Page;
  let problems: string[];
  let requests: string[];

  beforeAll(async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(embedded);
    const model = await LEDForConditionalGeneration.from_pretrained(embedded);
    const attended = await summarizeWithAttention(model, tokenizer, text, {
      extractive: { max_sentences: 3 },
      generation: { num_beams: 1, max_new_tokens: 120 },
    });
    await model.dispose();
    folder = mkdtempSync(join(tmpdir(), "led-page-"));
    const path = join(folder, "page.html");
    writeFileSync(path, attentionPage(text, attended, { title: `Summary of ${hostile}` }));
    address = pathToFileURL(path).href;
    browser = await chromium.launch({ executablePath: findChromium() ?? "" });
  });

  afterAll(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    page = await context.newPage();
    problems = [];
    requests = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(address);
    return () => context.close();
  });

  /** Sentences with a tint, as [sentence, how opaque], the strongest first. */
  const tinted = () =>
    page.evaluate(() =>
      [...document.querySelectorAll(".s[id]")]
        .map((one) => {
          // color(srgb r g b / opacity), without "/ opacity" where there is nothing to see through.
          const colour = getComputedStyle(one).backgroundColor;
          const opacity = Number(/\/ ([\d.e-]+)\)$|, ([\d.]+)\)$/.exec(colour)?.slice(1).find(Boolean) ?? 1);
          return [one.id, opacity] as const;
        })
        .filter(([, opacity]) => opacity > 0)
        .sort((a, b) => b[1] - a[1]),
    );

  const strongest = (choice: number) => page.locator(`#c${choice}`).getAttribute("data-strongest");

  const inView = (id: string) =>
    page.evaluate((id) => {
      const place = document.getElementById(id)!.getBoundingClientRect();
      const pane = document.querySelector(".document")!.getBoundingClientRect();
      return place.top >= pane.top && place.bottom <= pane.bottom;
    }, id);

  test("nothing is asked of anybody, nothing goes wrong, and the document is text", async () => {
    await page.locator("#c1").check();
    expect(requests).toEqual([address]);
    expect(problems).toEqual([]);
    expect(await page.title()).toBe(`Summary of ${hostile}`);
    expect(await page.locator("img").count()).toBe(0);
    const lines = await page.locator(".line").allTextContents();
    expect(lines.slice(0, 3)).toEqual(text.split("\n").slice(0, 3));
  });

  test("choosing a sentence tints what it drew on, and scrolls there", async () => {
    const choices = await page.getByRole("radio").count();
    expect(choices).toBeGreaterThan(2);
    const seen = new Set<string>();
    for (let choice = 0; choice < choices; choice += 1) {
      await page.locator(`label[for=c${choice}]`).click();
      const [first, ...others] = await tinted();
      expect(first).toEqual([await strongest(choice), 1]);
      expect(others.every(([, opacity]) => opacity <= 1)).toBe(true);
      expect(await inView(first![0])).toBe(true);
      if (choice > 0) {
        const label = await page.locator(`label[for=c${choice}]`).textContent();
        expect(await page.locator(`#${first![0]}`).textContent()).toBe(label);
      }
      seen.add(JSON.stringify([first, ...others]));
    }
    expect(seen.size).toBe(choices);
  });

  test("keys alone do all of it", async () => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("c0");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#c1").isChecked()).toBe(true);
    expect((await tinted())[0]![0]).toBe(await strongest(1));
    await page.keyboard.press("ArrowDown");
    expect((await tinted())[0]![0]).toBe(await strongest(2));
    expect(await inView((await strongest(2))!)).toBe(true);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => location.hash)).toBe(`#${await strongest(2)}`);
  });

  test("without script the choice tints too", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const still = await context.newPage();
    await still.goto(address);
    await still.locator("label[for=c1]").click();
    const place = still.locator(`#${await still.locator("#c1").getAttribute("data-strongest")}`);
    const before = await place.screenshot();
    await still.locator("label[for=c2]").click();
    expect((await place.screenshot()).equals(before)).toBe(false);
    await context.close();
  });

  test.each([
    [400, "light"],
    [400, "dark"],
    [1280, "light"],
    [1280, "dark"],
  ] as const)(
    "%i pixels wide, %s: nothing scrolls sideways, and text stands out from every tint",
    async (width, colorScheme) => {
      await page.setViewportSize({ width, height: 700 });
      await page.emulateMedia({ colorScheme });
      const wide = await page.evaluate(
        () => [...document.querySelectorAll("html, section")].filter((one) => one.scrollWidth > one.clientWidth).length,
      );
      expect(wide).toBe(0);
      const contrasts = await page.evaluate(() => {
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
        const luminance = (...colours: string[]) => {
          for (const colour of colours) {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
          }
          const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
        };
        const ground = getComputedStyle(document.body).backgroundColor;
        return [...document.querySelectorAll(".s")].map((one) => {
          const { color, backgroundColor } = getComputedStyle(one);
          const [dark, light] = [luminance(color), luminance(ground, backgroundColor)].sort((a, b) => a - b);
          return (light! + 0.05) / (dark! + 0.05);
        });
      });
      expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
    },
  );
});
