// @ts-check
/**
 * What a Markdown page shows of code: its fenced blocks with their marks, and the commands in its prose.
 *
 * Marks are comments directly before a block, which no reader sees:
 *
 *     <!-- code: continues -->             goes on from the block before, in one module with it
 *     <!-- code: not run, REASON -->       its types are checked; running it takes a download or a file of the reader's
 *     <!-- code: foreign, REASON -->       another library's, nothing of it is checked
 *     <!-- code: given
 *     declare const text: string;          lines in front of the block, which the page need not repeat
 *     -->
 */

/**
 * @typedef {object} Block
 * @property {string} page as it was given
 * @property {string} language of the fence, in lower case: "ts", "js", "sh", or "" where it names none
 * @property {number} line of the first line inside the fence, from 1
 * @property {string[]} lines
 * @property {boolean} continues
 * @property {string | undefined} notRun why, where it is not to be run
 * @property {string | undefined} foreign
 * @property {{ text: string, line: number }[]} given
 */

/** @typedef {{ page: string, line: number, command: string }} Mention a command in prose, between backticks */
/** @typedef {{ page: string, line: number, message: string }} Problem */

const markPattern = /^(continues|not run|foreign|given)\b(?:,\s*(.*))?$/s;

/**
 * @param {string} page its name, for messages
 * @param {string} text
 * @returns {{ blocks: Block[], mentions: Mention[], problems: Problem[] }} problems: marks that are none, open fences
 */
export function readPage(page, text) {
  const lines = text.split(/\r?\n/);
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Mention[]} */
  const mentions = [];
  /** @type {Problem[]} */
  const problems = [];
  let marks = noMarks();
  for (let at = 0; at < lines.length; at++) {
    const line = /** @type {string} */ (lines[at]);
    const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/.exec(line);
    if (fence) {
      const [, indent = "", fenceText = "", language = ""] = fence;
      const closing = new RegExp(`^\\s*${fenceText[0]}{${fenceText.length},}\\s*$`);
      const end = lines.findIndex((other, index) => index > at && closing.test(other));
      if (end < 0) {
        problems.push({ page, line: at + 1, message: "a fence that is never closed" });
        break;
      }
      // A block inside a list is indented as a whole.
      const inside = lines.slice(at + 1, end).map((one) => (one.startsWith(indent) ? one.slice(indent.length) : one));
      blocks.push({ ...marks, page, language: language.toLowerCase(), line: at + 2, lines: inside });
      marks = noMarks();
      at = end;
    } else if (line.trimStart().startsWith("<!--")) {
      const end = lines.findIndex((other, index) => index >= at && other.includes("-->"));
      if (end < 0) {
        problems.push({ page, line: at + 1, message: "a comment that is never closed" });
        break;
      }
      const problem = readMark(lines.slice(at, end + 1), at + 1, marks);
      if (problem !== undefined) problems.push({ page, line: at + 1, message: problem });
      at = end;
    } else if (line.trim() !== "") {
      if (marks.line > 0) problems.push({ page, line: marks.line, message: "a mark that stands before no block" });
      marks = noMarks();
      for (const [, command = ""] of line.matchAll(/`((?:npx )?led(?:-transformers)? [^`]+)`/g)) {
        mentions.push({ page, line: at + 1, command });
      }
    }
  }
  return { blocks, mentions, problems };
}

/** @typedef {Pick<Block, "continues" | "notRun" | "foreign" | "given">} Marks */

/** @returns {Marks & { line: number }} line: of the last mark, 0 for none */
const noMarks = () => ({ continues: false, notRun: undefined, foreign: undefined, given: [], line: 0 });

/**
 * Adds what a comment says to `marks`; other comments say nothing.
 *
 * @param {string[]} comment its lines
 * @param {number} line of its first
 * @param {Marks & { line: number }} marks
 * @returns {string | undefined} what is wrong with it
 */
function readMark(comment, line, marks) {
  const whole = comment.join("\n");
  const content = whole.slice(whole.indexOf("<!--") + 4, whole.indexOf("-->"));
  const said = /^\s*code:\s*(.*)$/s.exec(content)?.[1]?.trimEnd();
  if (said === undefined) return undefined;
  marks.line = line;
  const [, mark, reason] = markPattern.exec(said.split("\n")[0] ?? "") ?? [];
  if (mark === "continues") {
    marks.continues = true;
  } else if (mark === "given") {
    const given = comment.slice(1).map((text, index) => ({ text, line: line + 1 + index }));
    marks.given.push(...given.filter(({ text }) => text.trim() !== "-->"));
  } else if (mark === "not run" || mark === "foreign") {
    const why = said.replace(/^(?:not run|foreign),?\s*/, "");
    if (reason === undefined || why === "") return `"${mark}" without a reason: <!-- code: ${mark}, REASON -->`;
    if (mark === "foreign") marks.foreign = why;
    else marks.notRun = why;
  } else {
    return `unknown mark "${said.split("\n")[0]}": continues, not run, foreign or given`;
  }
  return undefined;
}
