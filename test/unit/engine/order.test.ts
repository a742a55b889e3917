// Promise: the sorter gives entries back in their order, all of them or the first few, in pieces.

import { describe, expect, it } from 'vitest'
import { Sorter } from '../../../src/engine/read/order.ts'
import fc from '../../property.ts'

function sorted(entries: readonly number[], kept: number): number[] {
  const sorter = new Sorter<number>((a, b) => a - b, kept)
  for (const entry of entries) sorter.add(entry)
  while (!sorter.finish());
  const taken: number[] = []
  for (let entry = sorter.take(); entry !== undefined; entry = sorter.take()) taken.push(entry)
  return taken
}

/** Numbers from 0, each once, in an order that a seed decides. */
function shuffled(count: number, seed: number): number[] {
  const entries = Array.from({ length: count }, (_, i) => i)
  let state = seed >>> 0
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    ;[entries[i], entries[j]] = [entries[j]!, entries[i]!]
  }
  return entries
}

describe('the sorter', () => {
  it('keeps as many of the first entries as it is asked to', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { maxLength: 60 }),
        fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(Infinity)),
        (entries, kept) => {
          expect(sorted(entries, kept)).toEqual([...entries].sort((a, b) => a - b).slice(0, kept))
        },
      ),
    )
  })

  it('merges many runs', () => {
    const count = 30_000
    const all = Array.from({ length: count }, (_, i) => i)
    expect(sorted(shuffled(count, 7), Infinity)).toEqual(all)
    expect(sorted(shuffled(count, 8), 10_000)).toEqual(all.slice(0, 10_000))
    expect(sorted(all, 5)).toEqual([0, 1, 2, 3, 4])
    expect(sorted([...all].reverse(), 5)).toEqual([0, 1, 2, 3, 4])
  })

  it('tells what an entry must come before to be kept', () => {
    const sorter = new Sorter<number>((a, b) => a - b, 2)
    expect(sorter.bound).toBeUndefined()
    sorter.add(5)
    expect(sorter.bound).toBeUndefined()
    sorter.add(3)
    expect(sorter.bound).toBe(5)
    sorter.add(4)
    expect(sorter.bound).toBe(4)
  })
})
