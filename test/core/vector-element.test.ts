// Promise: lanes stored in fewer bytes are rounded as IEEE 754 says, come back as f32, are searched by what is stored, and what such a
// lane cannot hold is refused.

import { describe, expect, it } from 'vitest'
import { FlatSearch } from '../../src/core/derived/index.ts'
import type { VectorField } from '../../src/core/index.ts'
import { get, inMemory, type Partition, upsert } from './partitions.ts'
import { distance, randomOf } from './vectors.ts'

type Element = NonNullable<VectorField['element']>

async function stored(element: Element, lanes: readonly number[]): Promise<Float32Array> {
  const partition = await inMemory({ vectors: [{ name: 'v', dimension: lanes.length, metric: 'l2', element }] })
  upsert(partition, [{ id: 1, v: lanes }])
  return get(partition, 1)!['v'] as Float32Array
}

/** Every finite value of a format with `exponentBits` and `fractionBits`, from 0 up. */
function finiteValues(exponentBits: number, fractionBits: number): number[] {
  const bias = 2 ** (exponentBits - 1) - 1
  const values: number[] = []
  for (let exponent = 0; exponent < 2 ** exponentBits - 1; exponent++) {
    for (let fraction = 0; fraction < 2 ** fractionBits; fraction++) {
      const scaled = fraction / 2 ** fractionBits
      values.push(exponent === 0 ? scaled * 2 ** (1 - bias) : (1 + scaled) * 2 ** (exponent - bias))
    }
  }
  return values
}

describe.each([
  ['f16', finiteValues(5, 10)],
  ['bf16', finiteValues(8, 7)],
] as const)('%s', (element, values) => {
  it('keeps every value it has', async () => {
    const signed = values.flatMap((value) => [value, -value]).slice(0, 65_536)
    expect([...(await stored(element, signed))]).toEqual(signed)
  })

  it('rounds to the nearest, ties to the even one', async () => {
    const next = randomOf(9)
    const places = Array.from({ length: 3000 }, () => Math.floor(next() * (values.length - 1)))
    const [lanes, wanted]: [number[], number[]] = [[], []]
    for (const place of places) {
      const [low, high] = [values[place]!, values[place + 1]!]
      for (const share of [0.25, 0.5, 0.75]) {
        lanes.push(low + (high - low) * share)
        wanted.push(share < 0.5 || (share === 0.5 && place % 2 === 0) ? low : high)
      }
    }
    expect([...(await stored(element, lanes))]).toEqual(wanted)
  })

  it('refuses what rounds to infinity', async () => {
    const [before, largest] = [values.at(-2)!, values.at(-1)!]
    const rim = largest + (largest - before) / 2
    expect([...(await stored(element, [largest + (largest - before) / 4]))]).toEqual([largest])
    for (const lane of [rim, -rim, 3e39, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(stored(element, [0, lane])).rejects.toThrow(
        `at lane 1; lanes are finite numbers within the range of ${element}`,
      )
    }
  })
})

it('int8 takes whole numbers from -128 to 127', async () => {
  const lanes = Array.from({ length: 256 }, (_, i) => i - 128)
  expect(await stored('int8', lanes)).toEqual(Float32Array.from(lanes))
  for (const lane of [128, -129, 0.5, Number.NaN, '1']) {
    await expect(stored('int8', [0, lane as number])).rejects.toThrow('lanes are integers from -128 to 127')
  }
})

function nearest(partition: Partition, query: Float32Array): { slots: number[]; distances: number[] } {
  const search = new FlatSearch(partition.store.memory, { field: 0, queries: [query], count: 10 })
  for (let slot = 0; slot >= 0; ) slot = search.scan(slot, 1e9)
  const { slots, distances } = search.nearest(0)
  search.release()
  return { slots: [...slots], distances: [...distances] }
}

describe.each(['f16', 'bf16', 'int8'] as const)('searches of %s lanes', (element) => {
  it.each(['l2', 'cosine', 'ip'] as const)('are exact under %s', async (metric) => {
    const next = randomOf(4)
    for (const quantization of ['int8', 'none', 'binary'] as const) {
      for (const dimension of [3, 20, 100]) {
        const lane = () => (element === 'int8' ? Math.floor(next() * 256) - 128 : next() * 2 - 1)
        const vector = () => Float32Array.from({ length: dimension }, lane)
        const vectors = [...Array.from({ length: 300 }, vector), new Float32Array(dimension)]
        const field: VectorField = { name: 'v', dimension, metric, element, index: { quantization } }
        const partition = await inMemory({ vectors: [field] })
        upsert(
          partition,
          vectors.map((v, id) => ({ id, v })),
        )
        const query = vector()
        const wanted = vectors
          .map((_, id) => ({ id, distance: distance(metric, query, get(partition, id)!['v'] as Float32Array) }))
          .sort((a, b) => a.distance - b.distance || a.id - b.id)
          .slice(0, 10)
        const found = nearest(partition, query)
        for (const [i, one] of wanted.entries()) expect(found.distances[i]).toBeCloseTo(one.distance, 9)
        expect(new Set(found.slots).size).toBe(10)
      }
    }
  })
})

it('tells a text from the number it spells', async () => {
  // It said "has 1 at lane 0; lanes are finite numbers": vectors out of a CSV looked right.
  await expect(stored('f32', ['1', '2'] as never)).rejects.toThrow('has a string at lane 0; lanes are finite numbers')
})
