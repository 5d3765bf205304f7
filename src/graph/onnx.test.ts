/** The written bytes, read back by a small decoder of their own: field numbers as in onnx.proto v1.17.0. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { expect, it } from "vitest";
import { Graph } from "./graph.ts";
import { writeOnnx } from "./onnx.ts";

type Field = { readonly name: string; readonly read: "int" | "text" | "float" | "bytes" | Message };
interface Message {
  readonly [field: number]: Field;
}

const shape: Message = {
  1: { name: "dim", read: { 1: { name: "value", read: "int" }, 2: { name: "param", read: "text" } } },
};
const value: Message = {
  1: { name: "name", read: "text" },
  2: {
    name: "type",
    read: { 1: { name: "tensor", read: { 1: { name: "elem", read: "int" }, 2: { name: "shape", read: shape } } } },
  },
};
const entry: Message = { 1: { name: "key", read: "text" }, 2: { name: "value", read: "text" } };
const tensor: Message = {
  1: { name: "dims", read: "int" },
  2: { name: "data_type", read: "int" },
  8: { name: "name", read: "text" },
  9: { name: "raw_data", read: "bytes" },
  13: { name: "external_data", read: entry },
  14: { name: "data_location", read: "int" },
};
const attribute: { [field: number]: Field } = {
  1: { name: "name", read: "text" },
  2: { name: "f", read: "float" },
  3: { name: "i", read: "int" },
  4: { name: "s", read: "text" },
  8: { name: "ints", read: "int" },
  20: { name: "type", read: "int" },
};
const node: Message = {
  1: { name: "input", read: "text" },
  2: { name: "output", read: "text" },
  3: { name: "name", read: "text" },
  4: { name: "op_type", read: "text" },
  5: { name: "attribute", read: attribute },
};
const graph: Message = {
  1: { name: "node", read: node },
  2: { name: "name", read: "text" },
  5: { name: "initializer", read: tensor },
  11: { name: "input", read: value },
  12: { name: "output", read: value },
};
attribute[6] = { name: "g", read: graph };
const model: Message = {
  1: { name: "ir_version", read: "int" },
  2: { name: "producer_name", read: "text" },
  7: { name: "graph", read: graph },
  8: {
    name: "opset_import",
    read: { 1: { name: "domain", read: "text" }, 2: { name: "version", read: "int" } },
  },
};

/** Every field as a list, in order of appearance. */
interface Decoded {
  [name: string]: (number | string | Uint8Array | Decoded)[];
}

function decode(bytes: Uint8Array, message: Message): Decoded {
  const reader = new BinaryReader(bytes);
  const decoded: Decoded = {};
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = message[number];
    if (field === undefined) throw new Error(`field ${number} of ${Object.values(message).map(({ name }) => name)}`);
    const { name, read } = field;
    decoded[name] ??= [];
    const expected = read === "int" ? WireType.Varint : read === "float" ? WireType.Bit32 : WireType.LengthDelimited;
    expect(wire, name).toBe(expected);
    if (read === "int") decoded[name].push(Number(reader.int64()));
    else if (read === "float") decoded[name].push(reader.float());
    else if (read === "text") decoded[name].push(reader.string());
    else decoded[name].push(read === "bytes" ? reader.bytes() : decode(reader.bytes(), read));
  }
  return decoded;
}

function bytesOf(array: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(array.buffer);
}

const nowhere = () => ({ location: "", offset: 0, length: 0 });
const text = (name: string, s: string): Decoded => ({ name: [name], s: [s], type: [3] });
const int = (name: string, i: number): Decoded => ({ name: [name], i: [i], type: [2] });

it("writes a graph whole", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", 3]);
  const w = g.parameter("fc1.weight", "bfloat16", [5, 3]);
  const y = g.scope("fc1", () => g.gemm(x, g.cast(w, "float32"), undefined, { transB: true, scale: 0.25 }));
  const flat = g.scope("fc1", () => g.gelu(g.transpose(y, [1, 0]), "tanh"));
  const two = g.scalar("float32", 2);
  g.output("y", g.mul(g.add(flat, two), g.scalar("float32", 2)));
  g.output("x", x);
  const bytes = writeOnnx(g, (name) => ({ location: `weights of ${name}`, offset: 2 ** 33 + 1, length: 30 }));

  const dim = (size: number | string): Decoded => (typeof size === "number" ? { value: [size] } : { param: [size] });
  const info = (name: string, elem: number, dims: (number | string)[]): Decoded => ({
    name: [name],
    type: [{ tensor: [{ elem: [elem], shape: [{ dim: dims.map(dim) }] }] }],
  });
  const decoded = decode(bytes, model);
  expect(decoded).toEqual({
    ir_version: [9],
    producer_name: ["led-transformers"],
    opset_import: [
      { domain: [""], version: [20] },
      { domain: ["com.microsoft"], version: [1] },
    ],
    graph: [
      {
        name: ["main"],
        initializer: [
          { dims: [0], data_type: [7], name: ["constant_0"], raw_data: [new Uint8Array(0)] },
          { data_type: [1], name: ["constant_1"], raw_data: [bytesOf(Float32Array.of(2))] },
          {
            dims: [5, 3],
            data_type: [16],
            name: ["fc1.weight"],
            external_data: [
              { key: ["location"], value: ["weights of fc1.weight"] },
              { key: ["offset"], value: ["8589934593"] },
              { key: ["length"], value: ["30"] },
            ],
            data_location: [1],
          },
        ],
        input: [info("x", 1, ["B", 3])],
        output: [info("y", 1, [5, "B"]), info("x", 1, ["B", 3])],
        node: [
          // The size of B, read where it first appears.
          {
            input: ["x"],
            output: ["Shape_0"],
            name: ["Shape_0"],
            op_type: ["Shape"],
            attribute: [int("start", 0), int("end", 1)],
          },
          {
            input: ["Shape_0", "constant_0"],
            output: ["Reshape_1"],
            name: ["Reshape_1"],
            op_type: ["Reshape"],
            attribute: [int("allowzero", 0)],
          },
          {
            input: ["fc1.weight"],
            output: ["fc1/Cast_2"],
            name: ["fc1/Cast_2"],
            op_type: ["Cast"],
            attribute: [int("to", 1)],
          },
          {
            input: ["x", "fc1/Cast_2"],
            output: ["fc1/Gemm_3"],
            name: ["fc1/Gemm_3"],
            op_type: ["Gemm"],
            attribute: [
              int("transA", 0),
              int("transB", 1),
              { name: ["alpha"], f: [0.25], type: [1] },
              { name: ["beta"], f: [0.25], type: [1] },
            ],
          },
          {
            input: ["fc1/Gemm_3"],
            output: ["fc1/Transpose_4"],
            name: ["fc1/Transpose_4"],
            op_type: ["Transpose"],
            attribute: [{ name: ["perm"], ints: [1, 0], type: [7] }],
          },
          {
            input: ["fc1/Transpose_4"],
            output: ["fc1/Gelu_5"],
            name: ["fc1/Gelu_5"],
            op_type: ["Gelu"],
            attribute: [text("approximate", "tanh")],
          },
          { input: ["fc1/Gelu_5", "constant_1"], output: ["Add_6"], name: ["Add_6"], op_type: ["Add"] },
          { input: ["Add_6", "constant_1"], output: ["Mul_7"], name: ["Mul_7"], op_type: ["Mul"] },
          { input: ["Mul_7"], output: ["y"], op_type: ["Identity"] },
        ],
      },
    ],
  });
});

it("writes loops and branches as graphs of their own, whose outputs state no sizes", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [3]);
  const { scan } = g.scope("layer", () =>
    g.loop({ count: g.scalar("int64", 5), dim: 5, carried: [x] }, (index, [state]) => {
      const [picked] = g.branch(
        g.equal(index, g.scalar("int64", 2)),
        () => [state!],
        () => [g.neg(x)],
      );
      return { carried: [picked!], scan: [index] };
    }),
  );
  g.output("rows", scan[0]!);
  const main = decode(writeOnnx(g, nowhere), model).graph![0] as Decoded;
  const loop = main.node![0] as Decoded;
  expect(loop).toMatchObject({
    // Trip count, no condition, the first carried value.
    input: ["constant_0", "", "x"],
    op_type: ["Loop"],
    name: loop.output!.slice(0, 1),
    attribute: [{ name: ["body"], type: [5] }],
  });
  expect(loop.output!.map(String).join()).toMatch(/^layer\/loop_carried_\d+,layer\/loop_scan_\d+$/);

  const body = (loop.attribute![0] as Decoded).g![0] as Decoded;
  const types = body.input!.map((given) => (given as Decoded).type);
  const type = (elem: number, dims: object[]) => [
    { tensor: [{ elem: [elem], shape: [dims.length ? { dim: dims } : {}] }] },
  ];
  expect(types).toEqual([type(7, []), type(9, []), type(1, [{ value: [3] }])]);
  expect(body.output!.map((given) => (given as Decoded).type)).toEqual(
    [9, 1, 7].map((elem) => [{ tensor: [{ elem: [elem] }] }]),
  );
  const nodes = body.node!.map((each) => (each as Decoded).op_type![0]);
  expect(nodes).toEqual(["Equal", "If", "Identity", "Identity"]);
  const branches = (body.node![1] as Decoded).attribute!.map((each) => each as Decoded);
  expect(branches.map(({ name }) => name)).toEqual([["then_branch"], ["else_branch"]]);
  expect(branches.map(({ g: inner }) => ((inner![0] as Decoded).node![0] as Decoded).op_type)).toEqual([
    ["Identity"],
    ["Neg"],
  ]);
});

it("writes constants of every type, -0 apart from 0", () => {
  const g = new Graph();
  const raw: [Parameters<Graph["constant"]>[0], number, number[], number[]][] = [
    ["float32", 1, [-0], [0, 0, 0, 128]],
    ["float32", 1, [0], [0, 0, 0, 0]],
    ["int64", 7, [-2], [254, 255, 255, 255, 255, 255, 255, 255]],
    ["int32", 6, [258], [2, 1, 0, 0]],
    ["int8", 3, [-1, 5], [255, 5]],
    ["uint8", 2, [255], [255]],
    ["bool", 9, [1, 0, 1], [1, 0, 1]],
    ["float16", 10, [-1.5], [0, 190]],
    ["float64", 11, [1], [0, 0, 0, 0, 0, 0, 240, 63]],
  ];
  for (const [dtype, , numbers] of raw) g.constant(dtype, [numbers.length], numbers);
  const main = decode(writeOnnx(g, nowhere), model).graph![0] as Decoded;
  const written = main.initializer!.map((each) => each as Decoded);
  expect(written.map(({ data_type, raw_data, dims }) => ({ data_type, raw_data, dims }))).toEqual(
    raw.map(([, type, numbers, bytes]) => ({
      data_type: [type],
      raw_data: [Uint8Array.from(bytes)],
      dims: [numbers.length],
    })),
  );
});

it("refuses bfloat16 constants", () => {
  const g = new Graph();
  g.scalar("bfloat16", 1);
  expect(() => writeOnnx(g, nowhere)).toThrow(
    "internal: graph constant: expected a type that constants have, got bfloat16. Please report this.",
  );
});
