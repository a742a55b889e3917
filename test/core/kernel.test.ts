// Promise: every kernel answers what a plain loop over doubles answers, for every length, at every alignment, whatever the lanes are,
// and reads nothing behind its vectors. Checked for each dimension 1 to 67; the last vector ends where linear memory ends.

import { beforeAll, describe, expect, it } from 'vitest'
import { instantiateDerived } from '../../src/core/derived/load.ts'
import { Kernel, PairTable } from '../../src/core/kernel.ts'
import { Memory } from '../../src/core/memory.ts'

const DIMENSIONS = Array.from({ length: 67 }, (_, i) => i + 1)
const FROM = 73_728
let memory: Memory
let kernel: Kernel

beforeAll(async () => {
  memory = await Memory.create()
  memory.derived = await instantiateDerived(memory)
  kernel = new Kernel(memory)
})

function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0
    return (state ^ (state >>> 13)) / 4_294_967_296
  }
}

/** Writes lanes at any byte; answers what they are as f32. */
function put(address: number, lanes: readonly number[]): Float32Array {
  const rounded = Float32Array.from(lanes)
  memory.u8.set(new Uint8Array(rounded.buffer), address)
  return rounded
}

const products = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (x, i) => x * b[i]!)
const differences = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (x, i) => (x - b[i]!) ** 2)
const sum = (terms: readonly number[]) => terms.reduce((total, term) => total + term, 0)
const magnitude = (terms: readonly number[]) => sum(terms.map(Math.abs))

function close(got: number, wanted: number, tolerance: number): void {
  if (Number.isFinite(wanted)) expect(Math.abs(got - wanted)).toBeLessThanOrEqual(tolerance)
  else expect(got).toBe(wanted)
}

/** Where a vector of `bytes` goes: at every alignment, and right before the end of memory. */
const places = (bytes: number) => [...Array.from({ length: 16 }, (_, i) => FROM + i), memory.u8.length - bytes]

describe('f32 lanes', () => {
  it.each(DIMENSIONS)('of %i dimensions', (dimension) => {
    const next = random(dimension)
    const lanes = () => Array.from({ length: dimension }, () => next() * 4 - 2)
    for (const at of places(dimension * 4)) {
      const other = FROM + 1024 + ((at * 7) & 15)
      const a = put(at, lanes())
      const b = put(other, lanes())
      const dots = products(a, b)
      const squares = differences(a, b)
      const wanted = 1 - sum(dots) / Math.sqrt(sum(products(a, a)) * sum(products(b, b)))
      const bound = (dimension / 16 + 6) * 2 ** -24
      close(kernel.dot(at, other, dimension), sum(dots), magnitude(dots) * bound)
      close(kernel.dot(at, other, dimension, true), sum(dots), magnitude(dots) * 1e-15)
      close(kernel.l2(at, other, dimension), sum(squares), sum(squares) * (bound + 2 ** -23))
      close(kernel.l2(at, other, dimension, true), sum(squares), sum(squares) * 1e-15)
      close(kernel.cosine(at, other, dimension), wanted, 1e-14)
    }
  })

  it.each([
    ['denormals', [1e-40, -3e-45, 1e-38]],
    ['zeros', [0, -0, 0]],
    ['huge lanes, whose squares only f64 holds', [3e38, -2e38, 1e38]],
    ['infinity', [Number.POSITIVE_INFINITY, 1, 2]],
    ['infinities of both signs', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]],
    ['NaN', [Number.NaN, 1, 2]],
  ])('that are %s', (_, special) => {
    for (const dimension of DIMENSIONS) {
      for (let at = 0; at < dimension; at += 5) {
        const a = put(
          FROM,
          Array.from({ length: dimension }, (_, i) => special[(i + at) % 3]!),
        )
        const b = put(
          FROM + 1025,
          Array.from({ length: dimension }, () => 1.5),
        )
        const dot = sum(products(a, b))
        const l2 = sum(differences(a, b))
        close(kernel.dot(FROM, FROM + 1025, dimension, true), dot, magnitude(products(a, b)) * 1e-15)
        close(kernel.l2(FROM, FROM + 1025, dimension, true), l2, l2 * 1e-15)
        if (!Number.isFinite(dot)) expect(kernel.dot(FROM, FROM + 1025, dimension)).toBe(dot)
        if (Number.isNaN(l2)) expect(kernel.l2(FROM, FROM + 1025, dimension)).toBeNaN()
      }
    }
  })

  it('are at cosine distance 0 of themselves and 1 of zero', () => {
    for (const scale of [1e-43, 1e-30, 1, 1e20, 3e38]) {
      const lanes = DIMENSIONS.map((i) => (Math.sin(i) * scale) / 2)
      put(FROM, lanes)
      put(
        FROM + 2048,
        lanes.map((lane) => lane * 0.5),
      )
      put(
        FROM + 4096,
        lanes.map(() => 0),
      )
      expect(kernel.cosine(FROM, FROM, 67)).toBeLessThanOrEqual(1e-15)
      if (scale >= 1e-30) expect(kernel.cosine(FROM, FROM + 2048, 67)).toBeLessThan(1e-12)
      expect(kernel.cosine(FROM, FROM + 4096, 67)).toBe(1)
    }
  })
})

describe('bits', () => {
  const ones = (byte: number) => byte.toString(2).replaceAll('0', '').length
  it('count as a loop over bytes counts', () => {
    for (const bytes of DIMENSIONS) {
      const next = random(bytes * 31)
      for (const at of places(bytes)) {
        const other = FROM + 512 + ((at * 5) & 15)
        const a = Uint8Array.from({ length: bytes }, () => next() * 256)
        const b = Uint8Array.from({ length: bytes }, () => next() * 256)
        memory.u8.set(a, at)
        memory.u8.set(b, other)
        let differ = 0
        let common = 0
        let all = 0
        for (let i = 0; i < bytes; i++) {
          differ += ones(a[i]! ^ b[i]!)
          common += ones(a[i]! & b[i]!)
          all += ones(a[i]! | b[i]!)
        }
        expect(kernel.hamming(at, other, bytes)).toBe(differ)
        expect(kernel.jaccard(at, other, bytes)).toBe(all === 0 ? 0 : 1 - common / all)
      }
    }
  })

  it('that are all zero are one set', () => {
    memory.u8.fill(0, FROM, FROM + 64)
    expect(kernel.jaccard(FROM, FROM + 32, 32)).toBe(0)
  })
})

describe('codes', () => {
  // The odd code of a word is the word divided by 256, and comes first in a query: see assembly/kernel/code.ts.
  it('give exact sums, up to the largest that may occur', () => {
    for (const bytes of [16, 32, 48, 112, 512, 1024, 8192]) {
      const root = Math.sqrt(Math.min(bytes, 512))
      const largest = Math.floor((0x7fffffff / (127.5 * 256 * root) - root / 2 - 1) / root)
      for (const [query, row] of [
        [largest, -127],
        [-largest, -127],
        [-largest, 127],
        [7, 127],
        [3, -1],
      ] as const) {
        const address = 65_536
        new Int16Array(memory.u8.buffer, address, bytes).fill(query)
        new Int16Array(memory.u8.buffer, address + bytes * 2, bytes / 2).fill(256 * row + row)
        const sum = (query * (256 * row + row) + query * 256 * row) * (bytes / 2)
        expect(kernel.dotCodes(address, address + bytes * 2, bytes)).toBe(Math.fround(sum))
      }
    }
  })
})

describe('all pairs of two lists', () => {
  const metrics = {
    ip: (a: Float32Array, b: Float32Array) => sum(products(a, b)),
    l2: (a: Float32Array, b: Float32Array) => sum(differences(a, b)),
    cosine: (a: Float32Array, b: Float32Array) => {
      const lengths = Math.sqrt(sum(products(a, a)) * sum(products(b, b)))
      return lengths === 0 ? 1 : Math.max(0, 1 - sum(products(a, b)) / lengths)
    },
  }

  it.each(Object.keys(metrics) as (keyof typeof metrics)[])('by %s, batch after batch', async (metric) => {
    for (const lanes of [1, 2, 3, 5, 16, 33]) {
      const next = random(lanes)
      const list = (count: number) =>
        Array.from({ length: count }, () => Float32Array.from({ length: lanes }, () => Math.round(next() * 8 - 4)))
      const queries = list(3)
      const table = await PairTable.create(queries, lanes, metric, 40)
      for (const count of [40, 1, 7]) {
        const vectors = list(count)
        for (const vector of vectors) table.add(vector)
        expect(table.count).toBe(count)
        const wanted = queries.flatMap((query) => vectors.map((vector) => metrics[metric](query, vector)))
        const got = [...table.run()]
        expect(got).toHaveLength(wanted.length)
        got.forEach((measure, i) => {
          expect(measure).toBeCloseTo(wanted[i]!, 12)
        })
      }
      table.release()
    }
  })

  it('of two tables at once do not meet', async () => {
    const a = await PairTable.create([Float32Array.of(1, 0)], 2, 'ip', 4)
    const b = await PairTable.create([Float32Array.of(0, 1)], 2, 'ip', 100_000)
    a.add(Float32Array.of(3, 4))
    b.add(Float32Array.of(3, 4))
    expect([...a.run(), ...b.run()]).toEqual([3, 4])
    a.release()
    b.release()
  })
})
