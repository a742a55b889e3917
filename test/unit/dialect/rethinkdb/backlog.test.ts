// Promise: what a feed has still to report comes in order, changes of one document merged, and costs the same however much waits.
// Checked against plain arrays. Seeded.

import { afterEach, expect, it, vi } from 'vitest'
import { type Datum, equal, Time } from '../../../../src/dialect/rethinkdb/datum.ts'
import { Backlog, Queue } from '../../../../src/dialect/rethinkdb/terms/backlog.ts'
import { settings } from '../../../core/values.ts'
import fc from '../../../property.ts'

afterEach(() => vi.restoreAllMocks())

const KEYS: readonly Datum[] = [
  1,
  '1',
  true,
  'true',
  [1],
  ['1'],
  '[1]',
  [[1], 2],
  [[1, 2]],
  new Time(5, '+00:00'),
  [new Time(5, '+00:00')],
  Uint8Array.of(5),
  Uint8Array.of(),
]

/** The same value in another object. */
function again(key: Datum): Datum {
  if (key instanceof Time) return new Time(key.epoch, '+02:00')
  if (key instanceof Uint8Array) return key.slice()
  return Array.isArray(key) ? key.map(again) : key
}

it('merges by key what waits, and gives it in order', () => {
  const keys = fc.constantFrom(...KEYS)
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ key: keys, value: fc.integer({ min: 0, max: 2 }) }) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), (steps, isMerging) => {
      const backlog = new Backlog()
      let model: { key: Datum; old: Datum; new: Datum }[] = []
      for (const given of steps) {
        if (given === null) {
          const first = model.shift()
          const found = backlog.shift()
          expect(found && { old: found.old, new: found.new }).toEqual(first && { old: first.old, new: first.new })
          continue
        }
        const { key, value } = given
        const same = model.find((one) => isMerging && equal(one.key, key))
        if (same === undefined) model.push({ key, old: 0, new: value })
        else same.new = value
        if (same !== undefined && equal(same.old, value)) model = model.filter((one) => one !== same)
        const isMerged = isMerging && backlog.merge(again(key), value)
        expect(isMerged).toBe(same !== undefined)
        if (!isMerged) backlog.add(isMerging ? again(key) : undefined, 0, value, undefined)
        expect(backlog.size).toBe(model.length)
      }
    }),
    settings(300),
  )
})

it('keeps nothing of changes that undo each other', () => {
  const backlog = new Backlog()
  const kept = vi.spyOn(Queue.prototype, 'push')
  for (let i = 0; i < 10_000; i++) {
    backlog.add(i, null, i, undefined)
    backlog.merge(i, null)
  }
  expect(backlog.size).toBe(0)
  const [queue] = kept.mock.contexts as Queue<unknown>[]
  expect(queue!.size).toBeLessThan(3_000)
  expect(backlog.shift()).toBeUndefined()
})

it('gives what was pushed, in order, after any number of changes', () => {
  const queue = new Queue<number>()
  let next = 0
  for (let i = 0; i < 20_000; i++) {
    queue.push(i)
    if (i % 3 !== 0) expect(queue.shift()).toBe(next++)
  }
  for (; next < 20_000; next++) expect(queue.shift()).toBe(next)
  expect(queue.shift()).toBeUndefined()
  expect(queue.size).toBe(0)
})
