/**
 * A typed graph under construction. Every method call adds one node and gives its value, with dtype and symbolic shape
 * known at once; a wrong rank, dtype or dim throws at that line and names the scope. onnx.ts writes the result.
 *
 * Loop and If bodies are functions run at building time; they may use any value made outside. Sizes with a symbol are
 * resolved at run time from the input that first showed the symbol, or from a value given to `bind`.
 */
import { InternalError, LEDError } from "../errors.ts";
import { type OpAttributes, type OpName, typeRules } from "./ops.ts";
import { type Dim, type DType, describeType, partsOf, RuleViolation, type ValueType } from "./types.ts";

/** One tensor of the graph. Compared by identity. */
export interface Value extends ValueType {
  readonly name: string;
  /** The body this value was made in; usable there and in bodies within it. */
  readonly block: Block;
}

export interface OpNode {
  readonly kind: "op";
  readonly op: OpName;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly [Value];
  readonly attributes: OpAttributes[OpName];
  readonly scope: string;
}

export interface LoopNode {
  readonly kind: "loop";
  readonly count: Value;
  readonly carried: readonly Value[];
  readonly body: Block;
  readonly outputs: readonly Value[];
  readonly scope: string;
}

export interface IfNode {
  readonly kind: "if";
  readonly condition: Value;
  readonly whenTrue: Block;
  readonly whenFalse: Block;
  readonly outputs: readonly Value[];
  readonly scope: string;
}

export type GraphNode = OpNode | LoopNode | IfNode;

/** A list of nodes with inputs and outputs: the graph itself, or the body of a Loop or If. */
export interface Block {
  readonly parent: Block | undefined;
  readonly nodes: GraphNode[];
  readonly inputs: Value[];
  readonly outputs: { readonly name: string; readonly value: Value }[];
}

/** A weight: its bytes are bound when the graph is compiled. */
export interface Parameter {
  readonly value: Value;
  readonly shape: readonly number[];
}

export interface Constant {
  readonly value: Value;
  readonly numbers: readonly number[];
}

/** How a value that several nodes make is differentiated as one. */
export interface Composite {
  readonly inputs: readonly Value[];
  /** The gradient of each input, of its type; of those that `needs` no gradient undefined will do. */
  readonly gradient: (dOutput: Value, needs: readonly boolean[]) => readonly (Value | undefined)[];
}

/** What was wrong where: a defect of the code that builds the graph. */
export class GraphError extends LEDError {}

export class GraphCore {
  readonly root: Block = { parent: undefined, nodes: [], inputs: [], outputs: [] };
  readonly parameters = new Map<string, Parameter>();
  readonly constants = new Map<string, Constant>();
  /** By the value that they make. */
  readonly composites = new Map<Value, Composite>();
  #block: Block = this.root;
  #scopes: string[] = [];
  #count = 0;
  /** Names given by callers: of inputs, parameters and outputs. */
  #given = new Set<string>();
  /** What each symbol is at run time, by the block where that was said. */
  #sizes = new Map<Block, Map<string, Value>>();

  /** Names the nodes that `build` adds after a part of the model: `encoder.layers.3.fc1`. */
  scope<T>(name: string, build: () => T): T {
    this.#scopes.push(name);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  get currentScope(): string {
    return this.#scopes.join(".");
  }

  /** The body that nodes are added to at the moment. */
  get currentBlock(): Block {
    return this.#block;
  }

  /** A tensor that is given at every run. Its symbols become sizes that `size` can resolve. */
  input(name: string, dtype: DType, shape: readonly Dim[]): Value {
    this.#claim("input", name);
    const value = this.#value(name, { dtype, shape }, this.root);
    this.root.inputs.push(value);
    this.#readSizes(this.root, value, true);
    return value;
  }

  /** A weight under its checkpoint's name. The same name gives the same value. */
  parameter(name: string, dtype: DType, shape: readonly number[]): Value {
    const known = this.parameters.get(name);
    if (known !== undefined) {
      if (known.shape.join() !== shape.join() || known.value.dtype !== dtype) {
        throw this.error(`parameter ${name}`, describeType(known.value), describeType({ dtype, shape }));
      }
      return known.value;
    }
    this.#claim("parameter", name);
    const value = this.#value(name, { dtype, shape }, this.root);
    this.parameters.set(name, { value, shape });
    return value;
  }

  /** A small constant; equal ones are one. */
  constant(dtype: DType, shape: readonly number[], numbers: readonly number[]): Value {
    const key = `${dtype}[${shape.join(",")}]${numbers.map((n) => (Object.is(n, -0) ? "-0" : String(n))).join(",")}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known.value;
    if (shape.reduce((product, dim) => product * dim, 1) !== numbers.length) {
      throw this.error("constant", `${shape.join(" x ")} numbers`, String(numbers.length));
    }
    const value = this.#value(`constant_${this.constants.size}`, { dtype, shape }, this.root);
    this.constants.set(key, { value, numbers });
    return value;
  }

  scalar(dtype: DType, number: number): Value {
    return this.constant(dtype, [], [number]);
  }

  output(name: string, value: Value): void {
    if (this.#block !== this.root) throw this.error(`output ${name}`, "to be said outside of bodies", "a body");
    this.#requireVisible("output", value);
    const itself = value.name === name && !this.root.outputs.some((output) => output.name === name);
    if (!itself) this.#claim("output", name);
    this.root.outputs.push({ name, value });
  }

  /** Says that `symbol` is the size that the int64 scalar `value` holds. */
  bind(symbol: string, value: Value): void {
    if (value.dtype !== "int64" || value.shape.length !== 0) {
      throw this.error(`bind ${symbol}`, "int64 []", describeType(value));
    }
    this.#sizesOf(this.#block).set(symbol, value);
  }

  /** Within the current body, the symbols of `value` stand for its own dims. */
  readSizes(value: Value): void {
    this.#requireVisible("readSizes", value);
    this.#readSizes(this.#block, value, false);
  }

  /** A dim as an int64 scalar; sums and products of known symbols are computed. */
  size(dim: Dim): Value {
    if (typeof dim === "number") return this.scalar("int64", dim);
    for (let block: Block | undefined = this.#block; block !== undefined; block = block.parent) {
      const known = this.#sizes.get(block)?.get(dim);
      if (known !== undefined) return known;
    }
    for (const [sign, op] of [
      ["+", "Add"],
      ["*", "Mul"],
    ] as const) {
      const parts = partsOf(dim, sign);
      if (parts.length > 1) return parts.map((part) => this.size(part)).reduce((a, b) => this.emit(op, [a, b], {}));
    }
    throw this.error("size", "a symbol of an input, or one given to bind", dim);
  }

  /** Dims as an int64 vector. */
  shapeVector(dims: readonly Dim[]): Value {
    if (dims.every((dim) => typeof dim === "number")) return this.constant("int64", [dims.length], dims);
    const one = this.constant("int64", [1], [1]);
    const parts = dims.map((dim) =>
      typeof dim === "number"
        ? this.constant("int64", [1], [dim])
        : this.emit("Reshape", [this.size(dim), one], { dims: [1], vouched: false, allowzero: 0 }),
    );
    return this.emit("Concat", parts, { axis: 0 });
  }

  /** What `build` makes of the inputs, differentiated as one: loops are not otherwise. */
  composite(composite: Composite, build: () => Value): Value {
    const output = build();
    this.composites.set(output, composite);
    return output;
  }

  /** Adds one node after checking its types. The methods of Graph (graph.ts) are what models call. */
  emit<K extends OpName>(op: K, inputs: readonly (Value | undefined)[], attributes: OpAttributes[K]): Value {
    return this.#emitIn(this.#block, op, inputs, attributes);
  }

  /**
   * Runs `body` `count` times (int64 scalar). `carried` values enter the first run and are replaced by what each run
   * gives back (same types); `scan` values are stacked along a new first axis of size `dim`.
   */
  loop(
    options: { count: Value; dim: Dim; carried?: readonly Value[] },
    body: (index: Value, carried: readonly Value[]) => { carried?: readonly Value[]; scan?: readonly Value[] },
  ): { carried: Value[]; scan: Value[] } {
    const initial = options.carried ?? [];
    if (options.count.dtype !== "int64" || options.count.shape.length !== 0) {
      throw this.error("loop", "a count int64 []", describeType(options.count));
    }
    for (const value of [options.count, ...initial]) this.#requireVisible("loop", value);
    const block: Block = { parent: this.#block, nodes: [], inputs: [], outputs: [] };
    const index = this.#value(this.#name("loop_index"), { dtype: "int64", shape: [] }, block);
    const going = this.#value(this.#name("loop_going"), { dtype: "bool", shape: [] }, block);
    const states = initial.map((value) => this.#value(this.#name("loop_state"), value, block));
    block.inputs.push(index, going, ...states);
    const result = this.#within(block, () => {
      const given = body(index, states);
      const still = this.emit("Identity", [going], {});
      const [carried, scan] = [given.carried ?? [], given.scan ?? []];
      const own = this.#bodyOutputs(block, [...carried, ...scan]);
      return { still, carried: own.slice(0, carried.length), scan: own.slice(carried.length) };
    });
    const fits =
      result.carried.length === initial.length &&
      result.carried.every((value, i) => describeType(value) === describeType(initial[i]!));
    if (!fits) throw this.error("loop", `carried ${initial.map(describeType)}`, `${result.carried.map(describeType)}`);
    for (const value of [result.still, ...result.carried, ...result.scan])
      block.outputs.push({ name: value.name, value });
    const carried = initial.map((value) => this.#value(this.#name("loop_carried"), value, this.#block));
    const scan = result.scan.map(({ dtype, shape }) =>
      this.#value(this.#name("loop_scan"), { dtype, shape: [options.dim, ...shape] }, this.#block),
    );
    this.#block.nodes.push({
      kind: "loop",
      count: options.count,
      carried: initial,
      body: block,
      outputs: [...carried, ...scan],
      scope: this.currentScope,
    });
    return { carried, scan };
  }

  /** Runs one of two bodies. Outputs have the types of `then`; `otherwise` must agree in dtype and rank. */
  branch(condition: Value, then: () => readonly Value[], otherwise: () => readonly Value[]): Value[] {
    const build = (body: () => readonly Value[]): Block => {
      const block: Block = { parent: this.#block, nodes: [], inputs: [], outputs: [] };
      this.#within(block, () => {
        for (const value of this.#bodyOutputs(block, body())) block.outputs.push({ name: value.name, value });
      });
      return block;
    };
    if (condition.dtype !== "bool" || condition.shape.length !== 0) {
      throw this.error("branch", "a condition bool []", describeType(condition));
    }
    this.#requireVisible("branch", condition);
    const [a, b] = [build(then), build(otherwise)];
    const agree =
      a.outputs.length === b.outputs.length &&
      a.outputs.every(({ value }, i) => {
        const other = b.outputs[i]!.value;
        return value.dtype === other.dtype && value.shape.length === other.shape.length;
      });
    if (!agree) {
      const list = (block: Block) => block.outputs.map(({ value }) => describeType(value)).join(", ");
      throw this.error("branch", `outputs ${list(a)}`, list(b));
    }
    const outputs = a.outputs.map(({ value }) => this.#value(this.#name("if"), value, this.#block));
    this.#block.nodes.push({ kind: "if", condition, whenTrue: a, whenFalse: b, outputs, scope: this.currentScope });
    return outputs;
  }

  /**
   * Values as a body gives them back: each computed by the body itself and named once, as ONNX demands (ONNX Runtime
   * crashes on a branch that names an output twice); others pass through a node of the body.
   */
  #bodyOutputs(block: Block, values: readonly Value[]): Value[] {
    const taken = new Set(block.inputs);
    return values.map((value) => {
      const own = value.block === block && !taken.has(value) ? value : this.emit("Identity", [value], {});
      taken.add(own);
      return own;
    });
  }

  #within<T>(block: Block, build: () => T): T {
    const outer = this.#block;
    this.#block = block;
    try {
      return build();
    } finally {
      this.#block = outer;
    }
  }

  #emitIn<K extends OpName>(
    block: Block,
    op: K,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[K],
  ): Value {
    for (const value of inputs) if (value !== undefined) this.#requireVisible(op, value);
    let type: ValueType;
    try {
      type = typeRules[op](inputs, attributes);
    } catch (error) {
      if (error instanceof RuleViolation) throw this.error(op, error.expected, error.got);
      throw error;
    }
    const value = this.#value(this.#name(op), type, block);
    block.nodes.push({ kind: "op", op, inputs, outputs: [value], attributes, scope: this.currentScope });
    return value;
  }

  #sizesOf(block: Block): Map<string, Value> {
    const sizes = this.#sizes.get(block) ?? new Map<string, Value>();
    this.#sizes.set(block, sizes);
    return sizes;
  }

  #readSizes(block: Block, value: Value, keepEarlier: boolean): void {
    const sizes = this.#sizesOf(block);
    value.shape.forEach((dim, axis) => {
      if (typeof dim === "number" || /[*+]/.test(dim) || (keepEarlier && sizes.has(dim))) return;
      const vector = this.#emitIn(block, "Shape", [value], { start: axis, end: axis + 1 });
      sizes.set(dim, this.#scalarOf(block, vector));
    });
  }

  #scalarOf(block: Block, vector: Value): Value {
    return this.#emitIn(block, "Reshape", [vector, this.constant("int64", [0], [])], {
      dims: [],
      vouched: false,
      allowzero: 0,
    });
  }

  #value(name: string, { dtype, shape }: ValueType, block: Block): Value {
    return { name, dtype, shape, block };
  }

  #name(kind: string): string {
    const scope = this.currentScope;
    return `${scope === "" ? "" : `${scope}/`}${kind}_${this.#count++}`;
  }

  #claim(kind: string, name: string): void {
    if (this.#given.has(name)) throw this.error(`${kind} ${name}`, "a new name", "one that is taken");
    this.#given.add(name);
  }

  #visible(value: Value): boolean {
    for (let block: Block | undefined = this.#block; block !== undefined; block = block.parent) {
      if (value.block === block) return true;
    }
    return false;
  }

  #requireVisible(op: string, value: Value): void {
    if (!this.#visible(value)) {
      throw new InternalError({
        operation: `${this.#where(op)}`,
        expected: "a value of this body or one around it",
        got: `${value.name} of another body`,
      });
    }
  }

  #where(op: string): string {
    return this.currentScope === "" ? op : `${this.currentScope}: ${op}`;
  }

  protected error(op: string, expected: string, got: string): GraphError {
    return new GraphError({ operation: this.#where(op), expected, got });
  }
}
