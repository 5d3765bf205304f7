import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const { include: _, ...test } = base.test ?? {};

/** The checks that run a browser: `npm run test:browser`. */
export default mergeConfig(
  { ...base, test },
  defineConfig({ test: { include: ["tests/browser/**/*.browser.ts"], reporters: ["verbose"] } }),
);
