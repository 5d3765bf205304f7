/**
 * The decoder's cache while sequences are generated: written once per row and never moved. Beams of an example share its
 * rows; when beams are reordered only their ancestries are, and a bias tells each beam which rows are its own past.
 *
 * B batch, K beams an example, P rows of room, h heads, e width of a head.
 */
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import type { LayerRows } from "./source-rows.ts";

export interface CacheGeometry {
  readonly batch: number;
  readonly beams: number;
  readonly layers: number;
  readonly heads: number;
  /** e, floats of a row in one head */
  readonly width: number;
}

/** A cache is consumed by the call that takes it: `appendRows` writes into its buffers. */
export interface BeamCache {
  readonly geometry: CacheGeometry;
  /** Rows in use. */
  readonly used: number;
  /** Rows of room, P. */
  readonly room: number;
  /** Each [B, h, P, e]. */
  readonly layers: readonly LayerRows[];
  /** For each of B*K sequences the cache rows of its past, in order. */
  readonly ancestry: readonly Int32Array[];
}

const firstRoom = 32;

export function emptyCache(geometry: CacheGeometry): BeamCache {
  return {
    geometry,
    used: 0,
    room: 0,
    layers: allocate(geometry, 0),
    ancestry: Array.from({ length: geometry.batch * geometry.beams }, () => new Int32Array(0)),
  };
}

function allocate({ batch, heads, width, layers }: CacheGeometry, room: number): LayerRows[] {
  const buffer = () => Tensor.zeros("float32", [batch, heads, room, width]);
  return Array.from({ length: layers }, () => ({ keys: buffer(), values: buffer() }));
}

/** Moves the rows in use into buffers with room for `rows` more; each growth doubles, so rows move O(1) times each. */
function withRoomFor(cache: BeamCache, rows: number): BeamCache {
  const needed = cache.used + rows;
  if (needed <= cache.room) return cache;
  const { geometry } = cache;
  const room = Math.max(firstRoom * geometry.beams, 2 * cache.room, needed);
  const layers = allocate(geometry, room);
  layers.forEach((layer, index) => {
    for (const part of ["keys", "values"] as const) {
      const from = cache.layers[index]![part].data;
      const oldRow = cache.room * geometry.width;
      for (let head = 0; head < geometry.batch * geometry.heads; head++) {
        const rowsInUse = from.subarray(head * oldRow, head * oldRow + cache.used * geometry.width);
        layer[part].data.set(rowsInUse, head * room * geometry.width);
      }
    }
  });
  return { ...cache, room, layers };
}

/**
 * Writes new rows [B, h, n, e] behind those in use. `ancestry` says which past rows and which new ones (0..n-1, counted
 * within the example) each sequence continues.
 */
export function appendRows(
  cache: BeamCache,
  added: readonly LayerRows[],
  ancestry: (sequence: number, firstNewRow: number) => Int32Array,
): BeamCache {
  const rows = added[0]!.keys.dims[2]!;
  const grown = withRoomFor(cache, rows);
  const { width, batch, heads } = grown.geometry;
  grown.layers.forEach((layer, index) => {
    for (const part of ["keys", "values"] as const) {
      const from = added[index]![part].data;
      for (let head = 0; head < batch * heads; head++) {
        const block = from.subarray(head * rows * width, (head + 1) * rows * width);
        layer[part].data.set(block, (head * grown.room + grown.used) * width);
      }
    }
  });
  const sequences = grown.ancestry.length;
  return {
    ...grown,
    used: grown.used + rows,
    ancestry: Array.from({ length: sequences }, (_, sequence) => ancestry(sequence, grown.used)),
  };
}

/** The bias of one new token for each beam: its ancestry in `parents`' rows, and itself. [B, 1, K, P+K] */
export function ancestryBias(cache: BeamCache, parents: Int32Array): Tensor<"float32"> {
  const { batch, beams } = cache.geometry;
  const width = cache.room + beams;
  const bias = Tensor.zeros("float32", [batch, 1, beams, width]);
  bias.data.fill(mostNegativeFloat32);
  for (let sequence = 0; sequence < batch * beams; sequence++) {
    const start = sequence * width;
    for (const row of cache.ancestry[parents[sequence]!]!) bias.data[start + row] = 0;
    bias.data[start + cache.room + (sequence % beams)] = 0;
  }
  return bias;
}

/**
 * The same cache without the rows that no sequence continuing `parents` needs. The pasts of an example's sequences must be of
 * one length, which they are when all were extended alike.
 */
export function compacted(cache: BeamCache, parents: Int32Array): BeamCache {
  const { geometry } = cache;
  const { batch, beams, heads, width } = geometry;
  const wanted = new Set(parents);
  // Of each example the rows in use, in order: what was row `kept[i]` becomes row i.
  const kept = Array.from({ length: batch }, (_, example) => {
    const own = cache.ancestry.slice(example * beams, (example + 1) * beams);
    const rows = own.flatMap((past, beam) => (wanted.has(example * beams + beam) ? [...past] : []));
    return [...new Set(rows)].sort((a, b) => a - b);
  });
  const used = Math.max(...kept.map((rows) => rows.length));
  const layers = allocate(geometry, used);
  layers.forEach((layer, index) => {
    for (const part of ["keys", "values"] as const) {
      const from = cache.layers[index]![part].data;
      for (let head = 0; head < batch * heads; head++) {
        kept[Math.floor(head / heads)]!.forEach((row, i) => {
          const start = (head * cache.room + row) * width;
          layer[part].data.set(from.subarray(start, start + width), (head * used + i) * width);
        });
      }
    }
  });
  const ancestry = cache.ancestry.map((past, sequence) => {
    const rows = kept[Math.floor(sequence / beams)]!;
    return wanted.has(sequence) ? past.map((row) => rows.indexOf(row)) : new Int32Array(0);
  });
  return { geometry, used, room: used, layers, ancestry };
}

/** Each of `parents`' own past, gathered: a layer's keys and values [parents, h, rows, e], without the last `drop` rows. */
export function gathered(cache: BeamCache, parents: Int32Array, drop: number): LayerRows[] {
  const { beams, heads, width } = cache.geometry;
  const length = cache.ancestry[parents[0]!]!.length - drop;
  return cache.layers.map((layer) => {
    const gather = (from: Float32Array) => {
      const result = Tensor.zeros("float32", [parents.length, heads, length, width]);
      parents.forEach((sequence, i) => {
        const past = cache.ancestry[sequence]!;
        const example = Math.floor(sequence / beams);
        for (let head = 0; head < heads; head++) {
          for (let row = 0; row < length; row++) {
            const start = ((example * heads + head) * cache.room + past[row]!) * width;
            result.data.set(from.subarray(start, start + width), ((i * heads + head) * length + row) * width);
          }
        }
      });
      return result;
    };
    return { keys: gather(layer.keys.data), values: gather(layer.values.data) };
  });
}

/** A past and one row more. */
export function extended(past: Int32Array, row: number): Int32Array {
  const result = new Int32Array(past.length + 1);
  result.set(past);
  result[past.length] = row;
  return result;
}
