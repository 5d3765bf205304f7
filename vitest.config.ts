import { defineConfig } from "vitest/config";

export default defineConfig({
  // package.json maps #platform to the sources under this condition.
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    // onnxruntime-node is a native addon that holds threads: processes keep one test file's engine from another's.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
