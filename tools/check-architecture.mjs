// @ts-check
/**
 * Checks that src/ keeps to the rooms and arrows of rooms.mjs: `node tools/check-architecture.mjs [folder]`.
 * Prints one line for each breach (file:line, the rule, the fix) and exits with 1, or one line with the counts.
 *
 * Test files may import anything; for them only the line limit holds. An import of a type is an import: arrows say who
 * knows whom. Globals are found by their names in code that declares no such name, which misses what a parser would see
 * (a parameter `window` hides the global in its whole file).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as rules from "./rooms.mjs";
import { scanSource } from "./scan-source.mjs";

const ignoredFolders = new Set(["node_modules", "fixtures", "dist", ".venv", "__pycache__"]);

/** @typedef {import("./scan-source.mjs").Import & { to: string | null }} Arrow `to`: a file of src/, null for others */
/** @typedef {{ name: string, room: string, arrows: Arrow[], code: string, lineOf: (offset: number) => number }} Source */

/**
 * @param {string} root the repository
 * @returns {{ breaches: string[], files: number, imports: number }}
 */
export function checkArchitecture(root) {
  const names = sourceFiles(root, "src").filter((name) => !isTest(name));
  const aliases = packageImports(root);
  const sources = new Map(names.map((name) => [name, readSource(root, name, aliases)]));
  const breaches = [
    ...rules.limitedFolders.flatMap((folder) => tooLong(root, folder)),
    ...[...sources.values()].flatMap((source) => [
      ...wrongTargets(source, sources),
      ...wrongArrows(source),
      ...wrongPlatform(source),
      ...reachesNode(source, sources),
    ]),
    ...importCycles(sources),
    ...roomCycles(sources),
  ];
  const imports = [...sources.values()].reduce((sum, { arrows }) => sum + arrows.length, 0);
  return { breaches: [...new Set(breaches)], files: sources.size, imports };
}

/** @param {string} root @param {string} folder @returns {string[]} names with forward slashes, relative to the root */
function sourceFiles(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((item) => {
      const name = `${folder}/${item.name}`;
      if (item.isDirectory()) return ignoredFolders.has(item.name) ? [] : sourceFiles(root, name);
      return /\.(?:ts|mts|mjs|js)$/.test(item.name) ? [name] : [];
    });
}

const isTest = (/** @type {string} */ name) => name.endsWith(".test.ts");

/** `imports` of package.json (#platform and the like): the files of src/ that each name may stand for. @param {string} root */
function packageImports(root) {
  const file = join(root, "package.json");
  const declared = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")).imports ?? {}) : {};
  /** @type {(value: unknown) => string[]} */
  const targets = (value) =>
    typeof value === "string"
      ? [value]
      : value !== null && typeof value === "object"
        ? Object.values(value).flatMap(targets)
        : [];
  const inSource = (/** @type {string} */ path) =>
    path
      .replace(/^\.\//, "")
      .replace(/^dist\//, "src/")
      .replace(/(?:\.d\.ts|\.js)$/, ".ts");
  return new Map(Object.entries(declared).map(([name, value]) => [name, [...new Set(targets(value).map(inSource))]]));
}

/** @param {string} root @param {string} name @param {Map<string, string[]>} aliases @returns {Source} */
function readSource(root, name, aliases) {
  const { imports, code, lineOf } = scanSource(readFileSync(join(root, name), "utf8"));
  const arrows = imports.flatMap((item) => {
    if (item.specifier.startsWith(".")) {
      const to = normalize(join(dirname(name), item.specifier))
        .split(sep)
        .join("/");
      return [{ ...item, to }];
    }
    // Which of an alias's files is imported is decided where the program runs, so it is no static way to Node.
    const targets = aliases.get(item.specifier);
    if (targets !== undefined) return targets.map((to) => ({ ...item, to, dynamic: true }));
    return [{ ...item, to: null }];
  });
  return { name, room: roomOf(name), arrows, code, lineOf };
}

/** @param {string} name of a file in src/ */
function roomOf(name) {
  const [, first = "", ...rest] = name.split("/");
  if (rest.length > 0) return first;
  return rules.entry.test(first) ? "index" : "plain values";
}

const rowOf = (/** @type {string} */ room) => rules.rows.findIndex((row) => row.includes(room));

/** @param {string} root @param {string} folder */
function tooLong(root, folder) {
  return sourceFiles(root, folder).flatMap((name) => {
    const lines = readFileSync(join(root, name), "utf8").replace(/\n$/, "").split("\n").length;
    if (lines <= rules.lineLimit) return [];
    return [`${name}:${rules.lineLimit + 1}: ${lines} lines, the limit is ${rules.lineLimit}. Split the file by idea.`];
  });
}

/** Imports that lead nowhere, out of src/ or into a test. @param {Source} source @param {Map<string, Source>} sources */
function wrongTargets(source, sources) {
  return source.arrows.flatMap(({ to, line, specifier }) => {
    if (to === null || sources.has(to)) return [];
    if (isTest(to)) return [`${source.name}:${line}: imports the test ${to}. Move what it needs out of the test.`];
    if (to.startsWith("src/")) return [`${source.name}:${line}: imports "${specifier}", and there is no ${to}.`];
    return [
      `${source.name}:${line}: imports ${to} from outside src/. The package holds src/ only: move the file there.`,
    ];
  });
}

/** @param {Source} source */
function wrongArrows({ name, room, arrows }) {
  if (rowOf(room) < 0) {
    return [`${name}:1: room ${room}/ is not in the table. Add it to a row of tools/rooms.mjs, or move the file.`];
  }
  return arrows.flatMap(({ to, line }) => {
    if (to === null || !to.startsWith("src/")) return [];
    const target = roomOf(to);
    if (target === room || rowOf(target) > rowOf(room)) return [];
    if (rowOf(target) < 0) return [];
    if (rules.extraArrows.some((arrow) => arrow.from === room && arrow.to === target)) return [];
    const below = rules.rows.slice(rowOf(room) + 1).flat();
    return [
      `${name}:${line}: ${room} imports ${to} (${target}), but may import only ${below.join(", ") || "its own files"}. ` +
        "Move what is needed to a lower room, or hand it in as an argument.",
    ];
  });
}

/** @param {Source} source @returns {{ node: boolean, browser: boolean }} what the file may use beyond plain JavaScript */
function platformsOf({ name, room }) {
  const half = (/** @type {string} */ word) =>
    rules.halvedRooms.includes(room) &&
    new RegExp(`(?:^|[/.-])(?:${word})(?:[/.-])`).test(name.split("/").slice(2).join("/"));
  return {
    node: rules.nodeRooms.includes(room) || half("node"),
    browser: rules.browserRooms.includes(room) || half("web|browser"),
  };
}

const needsNode = (/** @type {Arrow} */ { specifier, typeOnly }) =>
  !typeOnly && (specifier.startsWith("node:") || rules.nodePackages.includes(specifier));

/** @param {Source} source */
function wrongPlatform(source) {
  const { node, browser } = platformsOf(source);
  const nodePlaces = `${rules.nodeRooms.join("/, ")}/ and the node halves of ${rules.halvedRooms.join("/, ")}/`;
  const places = {
    node: `Only ${nodePlaces} may: take it as an argument (files come as \`Files\`).`,
    dom: `Only ${rules.browserRooms.join("/, ")}/ and the browser halves of ${rules.halvedRooms.join("/, ")}/ may: take it as an argument.`,
  };
  const imports = source.arrows.flatMap((arrow) =>
    node || !(arrow.specifier.startsWith("node:") || rules.nodePackages.includes(arrow.specifier))
      ? []
      : [`${source.name}:${arrow.line}: imports ${arrow.specifier}, which needs Node. ${places.node}`],
  );
  const globals = (/** @type {readonly string[]} */ list, /** @type {string} */ what, /** @type {string} */ fix) =>
    list.flatMap((word) =>
      freeUses(source, word).map((line) => `${source.name}:${line}: uses \`${word}\`, a global of ${what}. ${fix}`),
    );
  return [
    ...imports,
    ...(node ? [] : globals(rules.nodeGlobals, "Node", places.node)),
    ...(browser ? [] : globals(rules.domGlobals, "browsers", places.dom)),
  ];
}

/** Lines that use a global of this name, where the file declares no such name. @param {Source} source @param {string} word */
function freeUses({ code, lineOf }, word) {
  const declared = new RegExp(
    `\\b(?:const|let|var|function|class|interface|type)\\s+${word}\\b|[({,]\\s*(?:\\.\\.\\.)?${word}\\s*[:,)}=?]|\\b${word}\\s*=>`,
  );
  if (declared.test(code)) return [];
  // `process(ids) {` declares a method: what is no function is no global when it is called.
  const after = rules.functionGlobals.includes(word) ? "\\(" : "\\?\\.|[.[]";
  const used = new RegExp(
    `(?:\\b(?:typeof|new)\\s+|globalThis\\s*\\.\\s*)${word}\\b|(?<![.\\w$#])${word}(?=\\s*(?:${after}))`,
    "g",
  );
  return [...code.matchAll(used)].map(({ index }) => lineOf(index));
}

/** A portable file that loads, through others, one that needs Node. @param {Source} source @param {Map<string, Source>} sources */
function reachesNode(source, sources) {
  const here = platformsOf(source);
  if (here.node || here.browser || source.room === "index") return [];
  return source.arrows.flatMap((arrow) => {
    const target = arrow.typeOnly || arrow.dynamic || arrow.to === null ? undefined : sources.get(arrow.to);
    if (target === undefined || !platformsOf(target).node) return [];
    const path = pathTo(target, sources, (at) => at.arrows.some((next) => needsNode(next) && !next.dynamic));
    if (path === null) return [];
    return [
      `${source.name}:${arrow.line}: loads ${path.join(" -> ")}, which needs Node. ` +
        "Take what it gives as an argument, so that browsers can load this file.",
    ];
  });
}

/** Names from `start` to the nearest file that `found` holds for. @param {Source} start @param {Map<string, Source>} sources @param {(at: Source) => boolean} found */
function pathTo(start, sources, found) {
  const queue = [[start]];
  const seen = new Set([start.name]);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const last = path[path.length - 1];
    if (last === undefined) return null;
    if (found(last)) return path.map(({ name }) => name);
    for (const { to, typeOnly, dynamic } of last.arrows) {
      const next = typeOnly || dynamic || to === null || seen.has(to) ? undefined : sources.get(to);
      if (next === undefined) continue;
      seen.add(next.name);
      queue.push([...path, next]);
    }
  }
  return null;
}

/** @param {Map<string, Source>} sources */
function importCycles(sources) {
  const edges = new Map(
    [...sources].map(([name, { arrows }]) => [
      name,
      arrows.flatMap(({ to }) => (to !== null && sources.has(to) ? [to] : [])),
    ]),
  );
  return cycles(edges).map((cycle) => {
    const arrow = sources.get(cycle[0] ?? "")?.arrows.find(({ to }) => to === cycle[1]);
    const fix = "Move what both need into a file of its own.";
    return `${cycle[0]}:${arrow?.line ?? 1}: import cycle ${cycle.join(" -> ")}. ${fix}`;
  });
}

/** Rooms that know each other, which only an extra arrow makes possible. @param {Map<string, Source>} sources */
function roomCycles(sources) {
  /** @type {Map<string, Map<string, string>>} room -> room -> the import */
  const edges = new Map();
  for (const { name, room, arrows } of sources.values()) {
    for (const { to, line } of arrows) {
      if (to === null || !sources.has(to) || roomOf(to) === room) continue;
      if (!edges.has(room)) edges.set(room, new Map());
      edges.get(room)?.set(roomOf(to), `${name}:${line}`);
    }
  }
  const graph = new Map([...edges].map(([room, targets]) => [room, [...targets.keys()]]));
  return cycles(graph).map((cycle) => {
    const [first = "", second = ""] = cycle;
    return `${edges.get(first)?.get(second)}: rooms know each other: ${cycle.join(" -> ")}. Arrows go one way: remove one.`;
  });
}

/** The shortest cycle through each node that is the first of its cycle. @param {Map<string, string[]>} edges @returns {string[][]} */
function cycles(edges) {
  /** @type {string[][]} */
  const found = [];
  const known = new Set();
  for (const start of [...edges.keys()].sort()) {
    const queue = [[start]];
    const seen = new Set();
    search: for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      for (const next of edges.get(path[path.length - 1] ?? "") ?? []) {
        if (next === start) {
          const key = [...path].sort().join(" ");
          if (!known.has(key)) found.push([...path, start]);
          known.add(key);
          break search;
        }
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push([...path, next]);
      }
    }
  }
  return found;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? ".");
  const { breaches, files, imports } = checkArchitecture(root);
  for (const breach of breaches) console.error(breach);
  if (files === 0) console.error(`${relative(".", root) || "."}: no source files in src/. Run this in the repository.`);
  else if (breaches.length === 0) console.log(`architecture: ${files} files, ${imports} imports, no breach`);
  if (breaches.length > 0 || files === 0) process.exitCode = 1;
}
