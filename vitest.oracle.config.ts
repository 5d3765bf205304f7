import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

const { include: _, ...test } = base.test ?? {};

/** The checks that run Python: `npm run test:oracle`. */
export default mergeConfig({ ...base, test }, defineConfig({ test: { include: ["tests/oracle/**/*.oracle.ts"] } }));
