// Promise: a list of index entries is a sorted array that is never changed: whatever comes and goes, and whoever still reads a list of
// before. Seeded.

import { expect, it } from 'vitest'
import { type Entry, EntryList, type EntryStep } from '../../../../src/dialect/rethinkdb/entry-list.ts'
import { settings } from '../../../core/values.ts'
import fc from '../../../property.ts'

const entry = (key: number, primary: number): Entry => ({ key, primary })
const order = (a: Entry, b: Entry) =>
  (a.key as number) - (b.key as number) || (a.primary as number) - (b.primary as number)

function all(next: () => Entry | undefined): Entry[] {
  const entries: Entry[] = []
  for (let one = next(); one !== undefined; one = next()) entries.push(one)
  return entries
}

it('reads what a sorted array has, in each direction, between any bounds', () => {
  const keys = fc.integer({ min: 0, max: 40 })
  const step = fc.record({ key: keys, primary: fc.integer({ min: 0, max: 30 }), isGone: fc.boolean() })
  const range = fc.record({ low: keys, high: keys, isLowAfter: fc.boolean(), isHighAfter: fc.boolean() })
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_500 }),
      fc.array(fc.array(step, { maxLength: 60 }), { maxLength: 20 }),
      fc.array(range, { minLength: 1, maxLength: 6 }),
      (count, batches, ranges) => {
        let model = Array.from({ length: count }, (_, i) => entry(i % 37, i))
        let list = EntryList.of(model.slice())
        model.sort(order)
        const before: [EntryList, Entry[]][] = []
        for (const batch of [[], ...batches]) {
          before.push([list, model])
          const steps = batch.map(({ key, primary, isGone }): EntryStep => ({ entry: entry(key, primary), isGone }))
          list = list.changed(steps)
          model = model.slice()
          for (const { entry: one, isGone } of steps) {
            if (!isGone) model.push(one)
            else {
              const at = model.findIndex((other) => order(other, one) === 0)
              if (at >= 0) model.splice(at, 1)
            }
          }
          model.sort(order)
          expect(list.count).toBe(model.length)
          expect(all(list.open())).toEqual(model)
          for (const { low, high, isLowAfter, isHighAfter } of ranges) {
            const inside = model.filter(({ key }) => {
              const value = key as number
              return (isLowAfter ? value > low : value >= low) && (isHighAfter ? value <= high : value < high)
            })
            const bounds = [
              { key: low, isAfter: isLowAfter },
              { key: high, isAfter: isHighAfter },
            ] as const
            expect(all(list.open(...bounds))).toEqual(inside)
            expect(all(list.open(...bounds, true))).toEqual(inside.reverse())
          }
        }
        for (const [old, entries] of before)
          expect(all(old.open(undefined, undefined, true)).reverse()).toEqual(entries)
      },
    ),
    settings(60),
  )
})

it('keeps its runs short however entries come', () => {
  let list = EntryList.of([])
  for (let i = 0; i < 3_000; i++) list = list.changed([{ entry: entry(i, 0), isGone: false }])
  for (let i = 3_000; i > 0; i--) list = list.changed([{ entry: entry(-i, 0), isGone: false }])
  for (let i = 0; i < 3_000; i++) list = list.changed([{ entry: entry(0, i + 1), isGone: false }])
  expect(list.count).toBe(9_000)
  for (let i = 0; i < 3_000; i++) list = list.changed([{ entry: entry(0, i + 1), isGone: true }])
  expect(all(list.open()).map(({ key }) => key)).toEqual(Array.from({ length: 6_000 }, (_, i) => i - 3_000))
})
