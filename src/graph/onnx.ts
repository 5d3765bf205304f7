/**
 * Writes a Graph as an ONNX ModelProto (https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto, the source of the
 * field numbers below). Weights are written as external data: a file's name, byte offset and length.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { InternalError } from "../errors.ts";
import { numberToFloat16 } from "../half.ts";
import type { Block, GraphCore, GraphNode, Value } from "./core.ts";
import { engineOps, type OpAttributes, type OpName } from "./ops.ts";
import { byteMatrices, flip, inputNames, type SignedMatrices, signedNames, signedZero } from "./signed-bytes.ts";
import { rowSpace, spacedRows, spacing } from "./spaced-rows.ts";
import type { Dim, DType } from "./types.ts";

const irVersion = 9;
const opset = 20;
/** ONNX Runtime's own ops. */
const engineDomain = { name: "com.microsoft", version: 1 };

const model = { ir_version: 1, producer_name: 2, graph: 7, opset_import: 8 };
const operatorSet = { domain: 1, version: 2 };
const graphField = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const nodeField = { input: 1, output: 2, name: 3, op_type: 4, attribute: 5, domain: 7 };
const attributeField = { name: 1, f: 2, i: 3, s: 4, g: 6, ints: 8, type: 20 };
const attributeType = { FLOAT: 1, INT: 2, STRING: 3, GRAPH: 5, INTS: 7 };
const tensorField = { dims: 1, data_type: 2, name: 8, raw_data: 9, external_data: 13, data_location: 14 };
const entryField = { key: 1, value: 2 };
const valueInfo = { name: 1, type: 2 };
const typeField = { tensor_type: 1 };
const tensorType = { elem_type: 1, shape: 2 };
const shapeField = { dim: 1 };
const dimField = { dim_value: 1, dim_param: 2 };

const dataType: { readonly [T in DType]: number } = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** Where the bytes of a parameter lie: in a file beside the model, or in a buffer given to the engine under that name. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

type AttributeName = { [K in OpName]: keyof OpAttributes[K] }[OpName];

/** How each attribute is stored. Some are the builder's own notes and not ONNX's. */
const attributeKinds: {
  readonly [N in AttributeName]: "int" | "ints" | "float" | "string" | "dtype" | "unwritten";
} = {
  allowzero: "int",
  alpha: "float",
  approximate: "string",
  axes: "unwritten",
  axis: "int",
  batch_dims: "int",
  beta: "float",
  dims: "unwritten",
  end: "int",
  epsilon: "float",
  keepdims: "int",
  manyRows: "unwritten",
  mode: "string",
  num_heads: "int",
  perm: "ints",
  reduction: "string",
  scale: "float",
  start: "int",
  to: "dtype",
  transA: "int",
  transB: "int",
  vouched: "unwritten",
};

type Writer = BinaryWriter;

function message(writer: Writer, field: number, write: (writer: Writer) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function text(writer: Writer, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function integer(writer: Writer, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

export interface OnnxOptions {
  /** Multiply by matrices of bytes as signed ones (signed-bytes.ts). */
  readonly signedBytes?: boolean;
  /** Matrices whose data has zeros behind each row (spaced-rows.ts). */
  readonly spaced?: ReadonlySet<string>;
}

/** Matrices that have not the form that the graph says. */
interface Forms {
  readonly signed: SignedMatrices;
  readonly spaced: ReadonlySet<string>;
}

/** The model's bytes. `locate` says where each parameter's data lies; one that lies nowhere is an input, given at every run. */
export function writeOnnx(
  graph: GraphCore,
  locate: (name: string) => ExternalData | undefined,
  { signedBytes = false, spaced = new Set() }: OnnxOptions = {},
): Uint8Array {
  const matrices = signedBytes ? [...byteMatrices(graph)] : [];
  const signed = new Map(matrices.filter(([name]) => locate(name) !== undefined));
  const forms = { signed, spaced };
  const writer = new BinaryWriter();
  integer(writer, model.ir_version, irVersion);
  text(writer, model.producer_name, "led-transformers");
  message(writer, model.opset_import, (w) => {
    text(w, operatorSet.domain, "");
    integer(w, operatorSet.version, opset);
  });
  message(writer, model.opset_import, (w) => {
    text(w, operatorSet.domain, engineDomain.name);
    integer(w, operatorSet.version, engineDomain.version);
  });
  message(writer, model.graph, (w) => {
    for (const { value, numbers } of graph.constants.values())
      message(w, graphField.initializer, (t) => writeConstant(t, value, numbers));
    for (const { value, shape } of graph.parameters.values()) {
      const data = locate(value.name);
      if (data === undefined) message(w, graphField.input, (v) => writeValueInfo(v, value.name, value));
      else {
        const stored = spaced.has(value.name) ? [shape[0]!, shape[1]! + rowSpace] : shape;
        message(w, graphField.initializer, (t) => writeExternal(t, value, stored, data));
      }
    }
    if (spaced.size > 0) {
      const amounts = { name: spacing.name, dtype: "int64", shape: [spacing.numbers.length] } as const;
      message(w, graphField.initializer, (t) => writeConstant(t, amounts, spacing.numbers));
    }
    if (signed.size > 0) {
      for (const { name, number } of [flip.mask, signedZero]) {
        message(w, graphField.initializer, (t) => writeConstant(t, { name, dtype: "int8", shape: [] }, [number]));
      }
    }
    for (const [name, { shape }] of signed) {
      const { read, flipped } = signedNames(name);
      message(w, graphField.initializer, (t) => writeExternal(t, { name: read, dtype: "int8" }, shape, locate(name)!));
      message(w, graphField.node, (n) => {
        for (const one of [read, flip.mask.name]) text(n, nodeField.input, one);
        text(n, nodeField.output, flipped);
        text(n, nodeField.op_type, flip.op);
      });
    }
    writeBlock(w, graph.root, "main", forms);
  });
  return writer.finish();
}

function writeBlock(writer: Writer, block: Block, name: string, forms: Forms): void {
  text(writer, graphField.name, name);
  for (const node of block.nodes) {
    const rows = node.kind === "op" ? spacedRows(node, forms.spaced) : undefined;
    if (rows !== undefined) {
      message(writer, graphField.node, (w) => {
        for (const one of [rows.from, spacing.name]) text(w, nodeField.input, one);
        text(w, nodeField.output, rows.to);
        text(w, nodeField.op_type, "Pad");
      });
    }
    message(writer, graphField.node, (w) => writeNode(w, node, forms, rows?.to));
  }
  for (const value of block.inputs) message(writer, graphField.input, (w) => writeValueInfo(w, value.name, value));
  const renamed = block.outputs.filter((output) => output.name !== output.value.name);
  for (const { name: output, value } of renamed) {
    message(writer, graphField.node, (w) => {
      text(w, nodeField.input, value.name);
      text(w, nodeField.output, output);
      text(w, nodeField.op_type, "Identity");
    });
  }
  for (const { name: output, value } of block.outputs) {
    // Sizes of a body's outputs may differ between the branches of an If, so only the root states them.
    message(writer, graphField.output, (w) => writeValueInfo(w, output, value, block.parent === undefined));
  }
}

function writeValueInfo(writer: Writer, name: string, { dtype, shape }: Value, withShape = true): void {
  text(writer, valueInfo.name, name);
  message(writer, valueInfo.type, (type) =>
    message(type, typeField.tensor_type, (tensor) => {
      integer(tensor, tensorType.elem_type, dataType[dtype]);
      if (withShape)
        message(tensor, tensorType.shape, (w) => {
          for (const dim of shape) writeDim(w, dim);
        });
    }),
  );
}

function writeDim(writer: Writer, dim: Dim): void {
  message(writer, shapeField.dim, (w) => {
    if (typeof dim === "number") integer(w, dimField.dim_value, dim);
    else text(w, dimField.dim_param, dim);
  });
}

/** `rows`: the name of what an op reads first, where that is not its own. */
function writeNode(writer: Writer, node: GraphNode, forms: Forms, rows?: string): void {
  switch (node.kind) {
    case "op": {
      inputNames(node, forms.signed).forEach((name, at) => {
        text(writer, nodeField.input, at === 0 ? (rows ?? name) : name);
      });
      for (const value of node.outputs) text(writer, nodeField.output, value.name);
      writeName(writer, node);
      text(writer, nodeField.op_type, node.op);
      if (engineOps.has(node.op)) text(writer, nodeField.domain, engineDomain.name);
      for (const [name, value] of Object.entries(node.attributes)) writeAttribute(writer, name as AttributeName, value);
      return;
    }
    case "loop": {
      // Inputs: trip count, condition (absent: run to the count), first carried values.
      for (const name of [node.count.name, "", ...node.carried.map((value) => value.name)])
        text(writer, nodeField.input, name);
      for (const value of node.outputs) text(writer, nodeField.output, value.name);
      writeName(writer, node);
      text(writer, nodeField.op_type, "Loop");
      writeBody(writer, "body", node.body, forms);
      return;
    }
    case "if": {
      text(writer, nodeField.input, node.condition.name);
      for (const value of node.outputs) text(writer, nodeField.output, value.name);
      writeName(writer, node);
      text(writer, nodeField.op_type, "If");
      writeBody(writer, "then_branch", node.whenTrue, forms);
      writeBody(writer, "else_branch", node.whenFalse, forms);
      return;
    }
  }
}

/** A node is named after its first output, which carries the scope: engines' messages then name the part of the model. */
function writeName(writer: Writer, { outputs: [first] }: GraphNode): void {
  if (first !== undefined) text(writer, nodeField.name, first.name);
}

function writeBody(writer: Writer, name: string, block: Block, forms: Forms): void {
  message(writer, nodeField.attribute, (attribute) => {
    text(attribute, attributeField.name, name);
    integer(attribute, attributeField.type, attributeType.GRAPH);
    message(attribute, attributeField.g, (w) => writeBlock(w, block, name, forms));
  });
}

function writeAttribute(writer: Writer, name: AttributeName, value: unknown): void {
  const kind = attributeKinds[name];
  if (kind === "unwritten") return;
  message(writer, nodeField.attribute, (w) => {
    text(w, attributeField.name, name);
    if (kind === "float") {
      w.tag(attributeField.f, WireType.Bit32).float(value as number);
      integer(w, attributeField.type, attributeType.FLOAT);
    } else if (kind === "string") {
      text(w, attributeField.s, value as string);
      integer(w, attributeField.type, attributeType.STRING);
    } else if (kind === "ints") {
      for (const item of value as readonly number[]) integer(w, attributeField.ints, item);
      integer(w, attributeField.type, attributeType.INTS);
    } else {
      integer(w, attributeField.i, kind === "dtype" ? dataType[value as DType] : (value as number));
      integer(w, attributeField.type, attributeType.INT);
    }
  });
}

function writeConstant(
  writer: Writer,
  { name, dtype, shape }: Pick<Value, "name" | "dtype" | "shape">,
  numbers: readonly number[],
): void {
  for (const dim of shape) integer(writer, tensorField.dims, dim as number);
  integer(writer, tensorField.data_type, dataType[dtype]);
  text(writer, tensorField.name, name);
  writer.tag(tensorField.raw_data, WireType.LengthDelimited).bytes(constantBytes(dtype, numbers));
}

function constantBytes(dtype: DType, numbers: readonly number[]): Uint8Array {
  switch (dtype) {
    case "float32":
      return new Uint8Array(Float32Array.from(numbers).buffer);
    case "int64":
      return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
    case "int32":
      return new Uint8Array(Int32Array.from(numbers).buffer);
    case "bool":
    case "uint8":
    case "int8":
      return Uint8Array.from(numbers);
    case "float64":
      return new Uint8Array(Float64Array.from(numbers).buffer);
    case "float16":
      return new Uint8Array(Uint16Array.from(numbers, numberToFloat16).buffer);
    case "bfloat16":
      throw new InternalError({ operation: "graph constant", expected: "a type that constants have", got: dtype });
  }
}

function writeExternal(
  writer: Writer,
  { name, dtype }: Pick<Value, "name" | "dtype">,
  shape: readonly number[],
  data: ExternalData,
): void {
  for (const dim of shape) integer(writer, tensorField.dims, dim);
  integer(writer, tensorField.data_type, dataType[dtype]);
  text(writer, tensorField.name, name);
  const entries = { location: data.location, offset: String(data.offset), length: String(data.length) };
  for (const [key, value] of Object.entries(entries)) {
    message(writer, tensorField.external_data, (w) => {
      text(w, entryField.key, key);
      text(w, entryField.value, value);
    });
  }
  integer(writer, tensorField.data_location, 1);
}
