/**
 * What the builder knows of a value before it exists: its element type and its dimensions.
 *
 * A dimension is a number, or a symbol for a size known only when the graph runs. Symbols are compared as text, so one
 * size must keep one name: `B`, `S`, `S+2c`. A product of sizes is written with `*` ("B*S", "B*(S+2c)"); reshapes see
 * through it. `sumDim` and `productDim` write sums and products in their one form.
 */

export type DType = "float32" | "float16" | "bfloat16" | "float64" | "int64" | "int32" | "int8" | "uint8" | "bool";

export type Dim = number | string;

export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export function describeType({ dtype, shape }: ValueType): string {
  return `${dtype} [${shape.join(", ")}]`;
}

/** What an op's rule throws; the graph adds the op's name and the scope. */
export class RuleViolation extends Error {
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
  }
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Numpy's broadcasting over symbolic dims: two dims fit when they are equal or one of them is 1. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[a.length - rank + axis] ?? 1;
    const y = b[b.length - rank + axis] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new RuleViolation("shapes that broadcast", `[${a.join(", ")}] and [${b.join(", ")}]`);
  });
}

/** The index of an axis counted from the front; negative axes count from the back. */
export function axisOf(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(index) || index < 0 || index >= rank) {
    throw new RuleViolation(`an axis of a tensor of rank ${rank}`, String(axis));
  }
  return index;
}

/** What `sign` joins in a dim, outside parentheses: "B*(S+1)" by "*" is ["B", "S+1"], by "+" itself. */
export function partsOf(dim: Dim, sign: "+" | "*"): Dim[] {
  if (typeof dim === "number") return [dim];
  const parts: string[] = [];
  let depth = 0;
  let begin = 0;
  for (let at = 0; at <= dim.length; at++) {
    if (dim[at] === "(") depth++;
    else if (dim[at] === ")") depth--;
    else if (at === dim.length || (depth === 0 && dim[at] === sign)) {
      parts.push(dim.slice(begin, at));
      begin = at + 1;
    }
  }
  return parts.map((part) => {
    const inner = sign === "*" && part.startsWith("(") ? part.slice(1, -1) : part;
    return /^\d+$/.test(inner) ? Number(inner) : inner;
  });
}

function isSum(dim: Dim): boolean {
  return partsOf(dim, "+").length > 1;
}

/** A shape's size as a number times its sorted symbols: [2, "B*S", 3] is { scale: 6, symbols: ["B", "S"] }. */
export function sizeOf(shape: readonly Dim[]): { scale: number; symbols: string[] } {
  const factors = shape.flatMap((dim) => (isSum(dim) ? [dim] : partsOf(dim, "*")));
  const scale = factors.reduce<number>((product, factor) => product * (typeof factor === "number" ? factor : 1), 1);
  const symbols = scale === 0 ? [] : factors.filter((factor) => typeof factor === "string");
  return { scale, symbols: symbols.sort() };
}

export function sameSize(a: readonly Dim[], b: readonly Dim[]): boolean {
  const x = sizeOf(a);
  const y = sizeOf(b);
  return x.scale === y.scale && sameShape(x.symbols, y.symbols);
}

/** The product of dims as one dim: ["B", "S"] is "B*S", [2, 3] is 6, ["B", "S+1"] is "B*(S+1)". */
export function productDim(dims: readonly Dim[]): Dim {
  const { scale, symbols } = sizeOf(dims);
  if (symbols.length === 0) return scale;
  const factors = [...(scale === 1 ? [] : [String(scale)]), ...symbols];
  return factors.length === 1
    ? factors[0]!
    : factors.map((factor) => (isSum(factor) ? `(${factor})` : factor)).join("*");
}

/** The sum of dims as one dim: ["x", 1024] is "x+1024". Terms keep their order, numbers come last. */
export function sumDim(dims: readonly Dim[]): Dim {
  const terms = dims.flatMap((dim) => partsOf(dim, "+"));
  const symbols = terms.filter((term) => typeof term === "string");
  const total = terms.reduce<number>((sum, term) => sum + (typeof term === "number" ? term : 0), 0);
  if (symbols.length === 0) return total;
  return [...symbols, ...(total === 0 ? [] : [String(total)])].join("+");
}
