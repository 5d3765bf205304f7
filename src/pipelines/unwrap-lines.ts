/**
 * Paragraphs that an editor wrapped at a column, as running text. Models are trained on texts with a line a paragraph; a line break
 * inside a sentence reads to them as the sentence's end. Every character keeps its place: a break becomes a space.
 */

/** Lines shorter than this end where their author ended them. */
const shortestWrappedLine = 45;

/** What begins a line of its own: list marks, numbers of lists, headings, tables, quotes, code fences, directives, times of a log. */
const ownLine =
  /^(?:[-*+#>|=~`_:.\\/<[{(]{1,3}(?:\s|$)|[-=~*_#`]{3,}|\d+[.)]\s|\.\.\s|[|>]|\d{4}-\d\d-\d\d[T ]\d|\[?\d\d:\d\d:\d\d)/;

/** The same text with its wrapped lines joined, and how many breaks became spaces. */
export function unwrapLines(text: string): { text: string; joined: number } {
  const lines = text.split("\n");
  let joined = 0;
  let result = lines[0]!;
  for (let i = 1; i < lines.length; i++) {
    const wrapped = continues(lines[i - 1]!, lines[i]!);
    if (wrapped) joined++;
    result += (wrapped ? " " : "\n") + lines[i]!;
  }
  return { text: result, joined };
}

/** Whether `line` goes on with the sentence that `before` began. */
function continues(before: string, line: string): boolean {
  const next = line.trimStart();
  const previous = before.trimEnd();
  if (previous.trimStart().length < shortestWrappedLine || next === "" || ownLine.test(next)) return false;
  // Wrapped lines begin in one column, but for the first of a paragraph or list item.
  const indent = line.length - next.length;
  const indentBefore = before.length - before.trimStart().length;
  if (Math.abs(indent - indentBefore) > 4) return false;
  return /^[\p{L}\p{N}"'“‘(_*`$]/u.test(next);
}
