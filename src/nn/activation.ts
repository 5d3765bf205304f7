/** The activation functions that a config may name (transformers 4.37.2, activations.py: ACT2FN), as graph functions. */
import type { ActivationName } from "../config.ts";
import type { Graph, Value } from "../graph/graph.ts";

type Activation = (g: Graph, x: Value) => Value;

const number = (g: Graph, value: number): Value => g.scalar("float32", value);
const gelu: Activation = (g, x) => g.gelu(x);
const geluTanh: Activation = (g, x) => g.gelu(x, "tanh");
const silu: Activation = (g, x) => g.mul(x, g.sigmoid(x));

const activations: Readonly<Record<ActivationName, Activation>> = {
  gelu,
  gelu_python: gelu,
  gelu_10: (g, x) => g.max(g.min(g.gelu(x), number(g, 10)), number(g, -10)),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_accurate: geluTanh,
  quick_gelu: (g, x) => g.mul(x, g.sigmoid(g.mul(x, number(g, 1.702)))),
  // The normal distribution's integral with mean sqrt(1/2) and standard deviation sqrt(1/(4 pi)).
  laplace: (g, x) => {
    const centred = g.div(g.sub(x, number(g, 0.707107)), number(g, 0.282095 * Math.SQRT2));
    return g.mul(g.add(g.erf(centred), number(g, 1)), number(g, 0.5));
  },
  leaky_relu: (g, x) => g.leakyRelu(x, 0.01),
  linear: (_, x) => x,
  mish: (g, x) => g.mul(x, g.tanh(g.softplus(x))),
  relu: (g, x) => g.relu(x),
  relu2: (g, x) => g.mul(g.relu(x), g.relu(x)),
  relu6: (g, x) => g.min(g.relu(x), number(g, 6)),
  sigmoid: (g, x) => g.sigmoid(x),
  silu,
  swish: silu,
  tanh: (g, x) => g.tanh(x),
};

/** Any shape -> same shape. */
export function activation(g: Graph, name: ActivationName, x: Value): Value {
  return activations[name](g, x);
}
