// Promise: a sparse vector is what it says, or none at all; of a query the entries that count least go first.

import { expect, it } from 'vitest'
import { sparseEntries, withoutSmallest } from '../../../src/engine/indexes/sparse.ts'

it('has as many values as dimensions', () => {
  expect(sparseEntries({ indices: [1, 2], values: [3, 4] })).toEqual({ indices: [1, 2], values: [3, 4] })
  expect(sparseEntries({ indices: new Uint32Array([7]), values: new Float32Array([0.5]) })).toEqual({
    indices: [7],
    values: [0.5],
  })
  const buffer = new DataView(new ArrayBuffer(4))
  for (const [indices, values] of [
    [[1], [1, 2]],
    [[1, 2], [1]],
    [[1], undefined],
    [undefined, [1]],
    [buffer, buffer],
  ]) {
    expect(sparseEntries({ indices, values })).toBeUndefined()
  }
})

it('loses what is least by magnitude, and keeps its order', () => {
  const entries = { indices: [9, 4, 7, 1, 5], values: [-5, 1, 0.5, -2, 3] }
  expect(withoutSmallest(entries, 0.4)).toEqual({ indices: [9, 1, 5], values: [-5, -2, 3] })
  expect(withoutSmallest(entries, 0.19)).toBe(entries)
})
