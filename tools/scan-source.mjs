// @ts-check
/**
 * What a TypeScript file imports, and its code without comments and texts: enough for check-architecture.mjs to judge a
 * file without a parser. Regular expressions are told from divisions by what stands before the slash.
 */

/**
 * @typedef {object} Import
 * @property {string} specifier as written: "../errors.ts", "node:fs"
 * @property {number} line from 1
 * @property {boolean} typeOnly erased by the compiler
 * @property {boolean} dynamic import() rather than a statement
 */

/**
 * @param {string} text
 * @returns {{ imports: Import[], code: string, lineOf: (offset: number) => number }} `code` has the length and the lines
 * of `text`, with spaces for comments and for the inside of strings, templates and regular expressions.
 */
export function scanSource(text) {
  const { code, strings } = mask(text);
  const lineOf = (/** @type {number} */ offset) => text.slice(0, offset).split("\n").length;
  /** @type {Import[]} */
  const imports = [];
  // Between `import` and its text stand names only: no quote, no semicolon, no parenthesis.
  const forms =
    /\b(?:(?:import|export)\b(?<names>[^;'"`()]*?\bfrom\s*|\s*)|(?<call>import\s*\(\s*|new\s+URL\s*\(\s*))(?=["'`])/g;
  for (const match of code.matchAll(forms)) {
    const specifier = strings.get(match.index + match[0].length);
    if (specifier === undefined) continue;
    const dynamic = match.groups?.call !== undefined;
    // `new URL("./worker.ts", import.meta.url)` loads code; other URLs are data, which the package may hold anywhere.
    if (match[0].startsWith("new") && !/^\..*\.[mc]?[jt]s$/.test(specifier)) continue;
    const typeOnly = /^\s*type\b(?!\s*from\b|\s*,)/.test(match.groups?.names ?? "");
    imports.push({ specifier, line: lineOf(match.index + match[0].length), typeOnly, dynamic });
  }
  return { imports, code, lineOf };
}

/** A slash after one of these starts a regular expression. */
const beforeRegExp = /(?:[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|void|yield|await))\s*$/;

/**
 * @param {string} text
 * @returns {{ code: string, strings: Map<number, string> }} strings: by the offset of their opening quote
 */
function mask(text) {
  const out = text.split("");
  /** @type {Map<number, string>} */
  const strings = new Map();
  const blank = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  /** Depth of braces at which each open template's `${` ends. @type {number[]} */
  const templates = [];
  let depth = 0;
  let at = 0;
  const template = () => {
    const start = at;
    while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) at += text[at] === "\\" ? 2 : 1;
    blank(start, at);
    if (text[at] === "`") {
      at++;
      return;
    }
    templates.push(depth++);
    at += 2;
  };
  while (at < text.length) {
    const c = text[at];
    const start = at;
    if (text.startsWith("//", at)) {
      while (at < text.length && text[at] !== "\n") at++;
      blank(start, at);
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      at = end < 0 ? text.length : end + 2;
      blank(start, at);
    } else if (c === '"' || c === "'") {
      at++;
      while (at < text.length && text[at] !== c && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
      strings.set(start, text.slice(start + 1, at));
      blank(start + 1, at);
      at++;
    } else if (c === "`") {
      at++;
      template();
      // A template without a hole is a text like any other.
      if (text[at - 1] === "`" && at > start + 1) strings.set(start, text.slice(start + 1, at - 1));
    } else if (c === "/" && (start === 0 || beforeRegExp.test(out.slice(Math.max(0, start - 40), start).join("")))) {
      at++;
      for (let inClass = false; at < text.length && text[at] !== "\n" && (inClass || text[at] !== "/"); at++) {
        if (text[at] === "\\") at++;
        else if (text[at] === "[") inClass = true;
        else if (text[at] === "]") inClass = false;
      }
      blank(start + 1, at);
      at++;
    } else {
      at++;
      if (c === "{") depth++;
      if (c === "}" && --depth === templates.at(-1)) {
        templates.pop();
        template();
      }
    }
  }
  return { code: out.join(""), strings };
}
