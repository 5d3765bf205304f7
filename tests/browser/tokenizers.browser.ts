/**
 * "led-transformers/tokenizers" in a real Chromium: the built package, bundled as an application bundles it, reads a folder of its
 * own server and a repository of a Hub on another origin, and keeps copies in the browser's cache.
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fastFixture } from "../support/fast-tokenizer-fixture.ts";
import { tinyFiles } from "../support/tokenizer-fixtures.ts";
import type * as Classes from "./all-classes.ts";
import { bundleForBrowsers } from "./bundle.ts";
import { findChromium, noChromium } from "./chromium.ts";
import { type FileServer, fileServer } from "./file-server.ts";

/** What page.mjs gives to the functions that run in the page. */
declare const led: typeof Classes;

const commit = "0123456789abcdef0123456789abcdef01234567";
const texts = fastFixture.texts.map(({ text }) => text);
const expected = fastFixture.texts.map(({ ids, offsets }) => ({ ids, offsets }));

describe.skipIf(noChromium)(`tokenizers in Chromium${noChromium ? ` (${noChromium})` : ""}`, () => {
  let browser: Browser;
  let app: FileServer;
  let hub: FileServer;
  let page: Page;

  beforeAll(async () => {
    app = await fileServer();
    hub = await fileServer({ "x-repo-commit": commit });
    const { chunks } = await bundleForBrowsers("tests/browser/page.mjs");
    for (const { fileName, code } of chunks) app.files.set(`/app/${fileName}`, code);
    app.files.set("/app/index.html", '<!doctype html><script type="module" src="page.js"></script>');
    for (const [name, content] of tinyFiles().contents) {
      app.files.set(`/models/tiny/${name}`, content);
      hub.files.set(`/org/tiny/resolve/${commit}/${name}`, content);
    }
    browser = await chromium.launch({ executablePath: findChromium() ?? "" });
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([app?.close(), hub?.close()]);
  });

  /** A context has a cache of its own. */
  beforeEach(async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    await open();
    return () => context.close();
  });

  async function open() {
    await page.goto(`${app.origin}/app/index.html`);
    await page.waitForFunction(() => "led" in globalThis);
    await page.evaluate((host) => {
      led.env.remoteHost = host;
    }, hub.origin);
    hub.requests.length = 0;
  }

  const encodeAll = (source: string) =>
    page.evaluate(
      async ({ source, texts }) => {
        const tokenizer = await led.LEDTokenizerFast.from_pretrained(source);
        return texts.map((text) => {
          const encoding = tokenizer(text, { return_offsets_mapping: true, offset_unit: "code_points" });
          return { ids: encoding.input_ids, offsets: encoding.offset_mapping?.flat() };
        });
      },
      { source, texts },
    );

  test("ids and offsets are the reference's, from a folder on the page's server", async () => {
    expect(await encodeAll("../models/tiny")).toEqual(expected);
    const slow = await page.evaluate(
      async (texts) => {
        const tokenizer = await led.AutoTokenizer.from_pretrained("/models/tiny", { use_fast: false });
        return texts.map((text) => tokenizer.decode(tokenizer.encode(text), { skip_special_tokens: true }));
      },
      texts.slice(0, 5),
    );
    expect(slow).toEqual(fastFixture.texts.slice(0, 5).map(({ text, skipped }) => skipped ?? text));
  });

  test("a repository is kept in the cache, which serves a later page, also without the Hub", async () => {
    expect(await encodeAll("org/tiny")).toEqual(expected);
    expect(hub.requests[0]).toBe("HEAD /org/tiny/resolve/main/config.json");
    expect(hub.requests).toContain(`GET /org/tiny/resolve/${commit}/vocab.json`);
    expect(await page.evaluate(() => caches.keys())).toEqual(["led-transformers"]);

    await open();
    expect(await encodeAll("org/tiny")).toEqual(expected);
    expect(hub.requests).toEqual(["HEAD /org/tiny/resolve/main/config.json"]);

    await open();
    await page.evaluate(() => {
      led.env.allowRemoteModels = false;
    });
    expect(await encodeAll("org/tiny")).toEqual(expected);
    expect(hub.requests).toEqual([]);

    await open();
    await page.route(`${hub.origin}/**`, (route) => route.abort());
    expect(await encodeAll("org/tiny")).toEqual(expected);
  });

  test("the token goes to the Hub, progress is told and a signal stops", async () => {
    hub.tokens.clear();
    const told = await page.evaluate(async () => {
      const told: unknown[] = [];
      await led.LEDTokenizer.from_pretrained("org/tiny", {
        token: "hf_secret",
        progress_callback: (progress) => {
          if (progress.file === "vocab.json" && progress.status === "done") told.push(progress);
        },
      });
      return told;
    });
    const bytes = tinyFiles().contents.get("vocab.json")?.length ?? 0;
    expect(told).toMatchObject([{ name: "org/tiny", loaded: bytes }]);
    expect([...hub.tokens]).toEqual(["Bearer hf_secret"]);
    const reason = await page.evaluate(async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      return led.LEDTokenizer.from_pretrained("org/tiny", { signal }).catch(String);
    });
    expect(reason).toBe("Error: enough");
  });

  test("what fails says so", async () => {
    const failures = await page.evaluate(async () => {
      const failure = (source: string, options = {}) =>
        led.LEDTokenizer.from_pretrained(source, options).then(
          () => "none",
          ({ message }: Error) => message,
        );
      return [
        await failure("./nothing"),
        await failure("org/tiny", { local_files_only: true }),
        await failure("http://127.0.0.1:9/x"),
      ];
    });
    expect(failures[0]).toMatch(/^load the tokenizer of http.*\/app\/nothing\/: .* got no vocab\.json/);
    expect(failures[1]).toMatch(/^load org\/tiny: expected vocab\.json of revision main in the browser's cache/);
    expect(failures[2]).toMatch(/^open vocab\.json: .*\(CORS\)\?$/);
  });

  test("a worker works like a page", async () => {
    const ids = await page.evaluate(async (text) => {
      const program = `
        import "${location.origin}/app/page.js";
        const tokenizer = await led.LEDTokenizerFast.from_pretrained("${location.origin}/models/tiny");
        postMessage(tokenizer.encode(${JSON.stringify(text)}));`;
      const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
      const worker = new Worker(url, { type: "module" });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    }, texts[0] ?? "");
    expect(ids).toEqual(expected[0]?.ids);
  });
});
