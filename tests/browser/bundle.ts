/** Programs bundled for browsers by rolldown, as an application's build would (Vite's bundler), and what they weigh. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type OutputChunk } from "rolldown";

export interface Bundle {
  /** The first one is the program; others are loaded with it, or by it later. */
  chunks: readonly OutputChunk[];
  /** What is loaded with the program, itself among it. */
  first: readonly OutputChunk[];
  /** Modules by their names in the repository. */
  modules: readonly string[];
  /** What is imported and not bundled. */
  external: readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface BundleOptions {
  /** Of package.json's maps, beside those of every browser build. "source" reads src/, without it dist/ is read. */
  conditions?: readonly string[];
  /** As one script that sets this global, rather than modules. */
  global?: string;
}

export async function bundleForBrowsers(
  entry: string,
  { conditions = [], global }: BundleOptions = {},
): Promise<Bundle> {
  const { output } = await build({
    cwd: root,
    input: entry,
    platform: "browser",
    // An unknown import is no warning here: it is in `external`.
    logLevel: "silent",
    resolve: { conditionNames: [...conditions, "browser", "module", "import", "default"] },
    preserveEntrySignatures: "allow-extension",
    write: false,
    output: {
      minify: true,
      ...(global === undefined ? { format: "es" } : { format: "iife", name: global, codeSplitting: false }),
    },
  });
  const chunks = output.flatMap((file) => (file.type === "chunk" ? [file] : []));
  const imported = (names: readonly string[]) => chunks.filter(({ fileName }) => names.includes(fileName));
  const first = new Set(chunks.filter(({ isEntry }) => isEntry));
  // The set grows while it is walked.
  for (const { imports } of first) for (const chunk of imported(imports)) first.add(chunk);
  const files = new Set(chunks.map(({ fileName }) => fileName));
  return {
    chunks,
    first: [...first],
    modules: chunks.flatMap(modulesOf),
    external: chunks.flatMap(({ imports, dynamicImports }) =>
      [...imports, ...dynamicImports].filter((name) => !files.has(name)),
    ),
  };
}

export function modulesOf({ moduleIds }: OutputChunk): string[] {
  return moduleIds.map((name) => name.replace(root, ""));
}

/** Bytes as a server sends them. */
export function gzipped(chunks: readonly OutputChunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}

/** How the bytes divide over the modules, about: by what each would take when compressed alone. */
export function shares(chunks: readonly OutputChunk[]): string[] {
  const alone = chunks
    .flatMap(({ modules }) => Object.entries(modules))
    .map(([name, { code }]) => ({
      name: name.replace(root, ""),
      bytes: gzipSync(code ?? "", { level: 9 }).length,
    }));
  const scale = gzipped(chunks) / alone.reduce((total, { bytes }) => total + bytes, 0);
  return alone.sort((a, b) => b.bytes - a.bytes).map(({ name, bytes }) => `${Math.round(bytes * scale)} ${name}`);
}
