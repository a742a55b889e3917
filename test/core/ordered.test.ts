// Promise: an ordered index holds exactly the entries of the documents that are there, in order, whatever was written, undone or built:
// compared after every batch with a sorted array.

import { describe, expect, it } from 'vitest'
import { S_PAGES_FREE, S_PAGES_LIMIT, S_PAGES_TOP } from '../../src/core/abi.ts'
import { TypeRank } from '../../src/core/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { parsePath } from '../../src/query/filters.ts'
import fc from '../property.ts'
import { someValue } from './filter-values.ts'
import { compareTuples, modelEntries, rankOf, slotsOf } from './ordered-model.ts'
import { inMemory, type Partition, PutMode } from './partitions.ts'
import { anyValue, settings } from './values.ts'

interface Kind {
  readonly id: number
  readonly fields: readonly string[]
  readonly isMulti: boolean
}

const KINDS: readonly Kind[] = [
  { id: 3, fields: ['v'], isMulti: false },
  { id: 7, fields: ['v'], isMulti: true },
  { id: 8, fields: ['w.x', 'v'], isMulti: false },
  { id: 9, fields: ['v', 'w', 'id'], isMulti: true },
]

function create(partition: Partition, { id, fields, isMulti }: Kind, isUnique = false): void {
  partition.store.ordered.create({ id, fields: fields.map(parsePath), isUnique, isMulti })
}

function buildAll(partition: Partition, id: number, slots = 100_000): void {
  while (!partition.store.ordered.build(id, slots)) {
    // in pieces
  }
  partition.store.ordered.setReady(id)
}

function expectExact(partition: Partition, { id, fields, isMulti }: Kind): void {
  const expected = modelEntries(partition, fields, isMulti).map(({ slot }) => slot)
  expect(slotsOf(partition, id)).toEqual(expected)
  expect(slotsOf(partition, id, true)).toEqual(expected.reverse())
  if (!isMulti) return
  const texts = modelEntries(partition, fields, false).filter(({ values }) => rankOf(values[0]) === 4)
  expect(partition.store.ordered.texts(id)).toBe(texts.length)
}

type Step = { readonly key: number; readonly v: unknown; readonly w: unknown; readonly isRemoved: boolean }

const steps = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Step> =>
  fc.record({
    key: fc.nat({ max: 40 }),
    v: fc.oneof(value, fc.array(value, { maxLength: 5 }), fc.constant(undefined)),
    w: fc.oneof(value, fc.record({ x: value })),
    isRemoved: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  })

function run(partition: Partition, batch: readonly Step[], isAbandoned: boolean): void {
  const open = partition.begin()
  for (const { key, v, w, isRemoved } of batch) {
    if (isRemoved) open.remove(key)
    else open.put({ id: key, v, w }, PutMode.Upsert)
  }
  open.settle()
  if (isAbandoned) open.abandon()
  else open.commit({ hard: false })
}

describe('random batches', () => {
  for (const [name, value] of [
    ['few values', someValue],
    ['many values', anyValue],
  ] as const) {
    it(`of ${name} leave every index exact`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.array(steps(value), { maxLength: 40 }), fc.boolean()), { minLength: 1, maxLength: 6 }),
          fc.nat({ max: 5 }),
          async (batches, createdAt) => {
            const partition = await inMemory()
            for (const [i, [batch, isAbandoned]] of batches.entries()) {
              if (i === Math.min(createdAt, batches.length - 1)) {
                for (const kind of KINDS) create(partition, kind)
                for (const { id } of KINDS) buildAll(partition, id, 10)
              }
              run(partition, batch, isAbandoned)
            }
            for (const kind of KINDS) expectExact(partition, kind)
          },
        ),
        settings(60),
      )
    })
  }

  it('written while an index is built are in it, once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps(someValue), { minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(fc.array(steps(someValue), { maxLength: 10 }), fc.boolean()), { maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        async (first, batches, slots) => {
          const partition = await inMemory()
          run(partition, first, false)
          for (const kind of KINDS) create(partition, kind)
          for (const [batch, isAbandoned] of batches) {
            for (const { id } of KINDS) partition.store.ordered.build(id, slots)
            run(partition, batch, isAbandoned)
          }
          for (const { id } of KINDS) buildAll(partition, id, slots)
          for (const kind of KINDS) expectExact(partition, kind)
        },
      ),
      settings(80),
    )
  })
})

it('built in parts, with little memory left, are as when built at once', async () => {
  const partition = await inMemory({ memoryLimitBytes: 8_388_608 })
  const { store } = partition
  const value = (i: number) =>
    i % 5 === 0 ? [(i * 7_919) % 97, 'x', i % 3, i % 3] : i % 7 === 0 ? `text ${i % 50}` : i % 1_009
  const batch = Array.from({ length: 9_000 }, (_, key) => ({
    key,
    v: value(key),
    w: { x: key % 10 },
    isRemoved: false,
  }))
  run(partition, batch, false)
  run(
    partition,
    batch.filter(({ key }) => key % 11 === 0).map((step) => ({ ...step, isRemoved: true })),
    false,
  )
  store.lendPages(true)
  const spare = () =>
    store.memory.state(S_PAGES_LIMIT) + store.memory.state(S_PAGES_FREE) - store.memory.state(S_PAGES_TOP)
  for (const kind of KINDS) {
    create(partition, kind)
    const held: number[] = []
    while (spare() > 10) held.push(store.reserveWindow(65_504))
    store.ordered.buildInParts(kind.id)
    store.ordered.setReady(kind.id)
    expect(held.length).toBeGreaterThan(10)
    expectExact(partition, kind)
    for (const window of held) store.releaseLog(window, 65_504)
  }
  // Each written to, with every node full.
  run(
    partition,
    batch.slice(0, 3_000).map((step) => ({ ...step, v: step.key % 13 })),
    false,
  )
  for (const kind of KINDS) expectExact(partition, kind)
})

describe('places', () => {
  it('are where the sorted array has them, for tuples, ranks of types and heads of strings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps(someValue), { minLength: 1, maxLength: 120 }),
        fc.array(fc.tuple(someValue, someValue), { minLength: 1, maxLength: 30 }),
        async (batch, probes) => {
          const partition = await inMemory()
          run(partition, batch, false)
          const { ordered } = partition.store
          for (const kind of KINDS) {
            create(partition, kind)
            buildAll(partition, kind.id)
            const entries = modelEntries(partition, kind.fields, kind.isMulti)
            const upTo = (holds: (values: readonly unknown[]) => boolean) =>
              entries.filter(({ values }) => holds(values)).length
            for (const probe of probes) {
              for (const values of [probe.slice(0, 1), probe.slice(0, kind.fields.length)]) {
                const order = (other: readonly unknown[]) => compareTuples(other, values, values.length)
                expect(ordered.rank(kind.id, { values, isAfter: false })).toBe(upTo((v) => order(v) < 0))
                expect(ordered.rank(kind.id, { values, isAfter: true })).toBe(upTo((v) => order(v) <= 0))
                const last = values.at(-1)
                if (typeof last !== 'string') continue
                const isBelow = (v: readonly unknown[]) => {
                  const own = v[values.length - 1]
                  const before = compareTuples(v, values, values.length - 1)
                  return (
                    before < 0 || (before === 0 && (order(v) <= 0 || (typeof own === 'string' && own.startsWith(last))))
                  )
                }
                expect(ordered.rank(kind.id, { values, isAfter: true, isHead: true })).toBe(upTo(isBelow))
              }
              for (const rank of Object.values(TypeRank)) {
                const place = { values: [], isAfter: false, rank }
                expect(ordered.rank(kind.id, place)).toBe(upTo((v) => rankOf(v[0]) < rank))
                if (kind.fields.length < 2) continue
                const behind = { values: [probe[0]], isAfter: false, rank }
                expect(ordered.rank(kind.id, behind)).toBe(
                  upTo(
                    (v) => compareTuples(v, probe, 1) < 0 || (compareTuples(v, probe, 1) === 0 && rankOf(v[1]) < rank),
                  ),
                )
              }
            }
            for (const [i, { values, slot }] of entries.entries()) {
              expect(ordered.rank(kind.id, { values, slot, isAfter: false })).toBe(i)
              expect(ordered.rank(kind.id, { values, slot, isAfter: true })).toBe(i + 1)
            }
          }
        },
      ),
      settings(20),
    )
  })
})

describe('large indexes', () => {
  const documents = Array.from({ length: 30_000 }, (_, i) => {
    const v = (i * 7919) % 30_011
    return { id: i, v: i % 3 === 0 ? v : i % 3 === 1 ? `https://example.org/${v % 500}` : v / 7, w: { x: i % 100 } }
  })

  for (const [name, slots] of [
    ['built at once', 1_000_000],
    ['built in pieces', 999],
    ['kept as documents come', 0],
  ] as const) {
    it(`${name} are in order, and shrink to nothing`, async () => {
      const partition = await inMemory()
      const kinds = [KINDS[0]!, KINDS[2]!]
      if (slots === 0) {
        for (const kind of kinds) {
          create(partition, kind)
          buildAll(partition, kind.id)
        }
      }
      for (let at = 0; at < documents.length; at += 1000) {
        const batch = partition.begin()
        for (const document of documents.slice(at, at + 1000)) batch.put(document, PutMode.Insert)
        batch.commit({ hard: false })
      }
      if (slots !== 0) {
        for (const kind of kinds) {
          create(partition, kind)
          buildAll(partition, kind.id, slots)
        }
      }
      for (const kind of kinds) expectExact(partition, kind)
      // Most go in an order that empties no leaf at once; the rest then in one batch, which is undone, too.
      const gone = documents
        .filter(({ id }) => id % 16 !== 5)
        .sort((a, b) => ((a.id * 31) % 1009) - ((b.id * 31) % 1009))
      const batch = partition.begin()
      for (const { id } of gone) batch.remove(id)
      batch.commit({ hard: false })
      for (const kind of kinds) expectExact(partition, kind)
      const bytes = partition.store.ordered.bytes(3)
      for (const isAbandoned of [true, false]) {
        const rest = partition.begin()
        for (const { id } of documents) rest.remove(id)
        if (isAbandoned) rest.abandon()
        else rest.commit({ hard: false })
        if (isAbandoned) for (const kind of kinds) expectExact(partition, kind)
      }
      for (const { id } of kinds) expect(partition.store.ordered.entries(id)).toBe(0)
      // What was freed is used again.
      const again = partition.begin()
      for (const document of documents) again.put(document, PutMode.Insert)
      again.commit({ hard: false })
      for (const kind of kinds) expectExact(partition, kind)
      expect(partition.store.ordered.bytes(3)).toBeLessThan(bytes * 1.5)
    })
  }

  it('give their pages back when they are dropped', async () => {
    const partition = await inMemory()
    const batch = partition.begin()
    for (const document of documents) batch.put(document, PutMode.Insert)
    batch.commit({ hard: false })
    create(partition, KINDS[0]!)
    buildAll(partition, 3)
    partition.store.ordered.drop(3)
    const held = partition.store.memory.bytes()
    for (let i = 0; i < 20; i++) {
      create(partition, KINDS[0]!)
      buildAll(partition, 3)
      partition.store.ordered.drop(3)
    }
    expect(partition.store.memory.bytes()).toBe(held)
    expect(partition.store.ordered.ids).toEqual([])
  })
})

describe('at the limit of memory', () => {
  it('a batch that is refused leaves every index as it was, and deleting makes room', async () => {
    const partition = await inMemory({ memoryLimitBytes: 7 * 1_048_576 })
    for (const kind of KINDS) create(partition, kind)
    for (const { id } of KINDS) buildAll(partition, id)
    let seed = 7
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return (seed >>> 8) % below
    }
    const document = (id: number) => {
      const v = Array.from({ length: random(12) }, () => random(1_000_000))
      return {
        id,
        v: id % 3 === 0 ? v : `${random(100)} and a text that is longer than a prefix ${random(1_000)}`,
        w: { x: random(9) },
      }
    }
    let refusals = 0
    let top = 0
    const largest = () => Math.max(...KINDS.map(({ id }) => partition.store.ordered.entries(id)))
    for (let round = 0; round < 200 && refusals < 5; round++) {
      const batch = partition.begin()
      try {
        for (let i = 0; i < 1_000; i++) {
          // Some go and some change on the way, so that there is something to be put back.
          if (top > 0 && i % 4 === 1) batch.remove(random(top))
          else if (top > 0 && i % 4 === 2) batch.put(document(random(top)), PutMode.Upsert)
          else batch.put(document(top + i), PutMode.Upsert)
        }
        batch.commit({ hard: false })
        top += 1_000
      } catch (error) {
        if (!(error instanceof LimitError)) throw error
        batch.abandon()
        refusals++
        for (const kind of KINDS) expectExact(partition, kind)
        if (refusals % 2 === 1) continue
        const cut = partition.begin()
        for (let i = 0; i < top / 8; i++) cut.remove(random(top))
        cut.commit({ hard: false })
      }
    }
    expect(refusals).toBe(5)
    expect(largest()).toBeGreaterThan(5_000)
    for (const kind of KINDS) expectExact(partition, kind)
  })

  // Room for 2^28 entries and more came out as a few pages, because their bytes wrap: what lay behind would have been overwritten.
  it('an index of more elements than 32 bits hold the entries of is not made', async () => {
    const partition = await inMemory()
    const batch = partition.begin()
    batch.put({ id: 1, v: [1, 2] }, PutMode.Insert)
    batch.commit({ hard: false })
    const { memory } = partition.store
    // The list's length stands before its elements, behind the words of the two fields.
    const length = partition.find(1) + 16 + 2 * 4
    expect(memory.state(length)).toBe(2)
    memory.setState(length, 2 ** 28 + 1)
    create(partition, KINDS[1]!)
    expect(() => buildAll(partition, 7)).toThrow(LimitError)
  })

  it('an index that does not fit is not made', async () => {
    const partition = await inMemory({ memoryLimitBytes: 6 * 1_048_576 })
    for (let at = 0; at < 20_000; at += 1_000) {
      const batch = partition.begin()
      for (let id = at; id < at + 1_000; id++)
        batch.put({ id, v: Array.from({ length: 8 }, (_, i) => i * id) }, PutMode.Insert)
      batch.commit({ hard: false })
    }
    create(partition, KINDS[1]!)
    expect(() => buildAll(partition, 7)).toThrow(LimitError)
    expect(() => buildAll(partition, 7, 500)).toThrow(LimitError)
    partition.store.ordered.drop(7)
    expect(partition.count).toBe(20_000)
    create(partition, KINDS[0]!)
    expect(() => buildAll(partition, 3, 500)).not.toThrow()
  })
})

describe('unique indexes', () => {
  const unique = { id: 4, fields: ['v', 'w'], isMulti: true }

  it('refuse what a plain map of values refuses, and take everything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps(someValue), { maxLength: 80 }), fc.nat({ max: 5 }), async (all, size) => {
        const partition = await inMemory()
        create(partition, unique, true)
        buildAll(partition, unique.id)
        /** Documents by key as they should be. */
        const model = new Map<number, Pick<Step, 'v' | 'w'>>()
        for (let at = 0; at < all.length; at += size + 1) {
          const batch = partition.begin()
          const expected: boolean[] = []
          for (const { key, v, w, isRemoved } of all.slice(at, at + size + 1)) {
            if (isRemoved) {
              batch.remove(key)
              model.delete(key)
              continue
            }
            const isTaken = tuplesOf({ v, w }).some((tuple) =>
              [...model].some(
                ([other, held]) => other !== key && tuplesOf(held).some((own) => compareTuples(own, tuple) === 0),
              ),
            )
            batch.put({ id: key, v, w }, PutMode.Upsert)
            expected.push(isTaken)
            if (!isTaken) model.set(key, { v, w })
          }
          batch.settle()
          expect(batch.failed).toBe(expected.filter((isTaken) => isTaken).length)
          batch.commit({ hard: false })
        }
        expect(partition.count).toBe(model.size)
        expectExact(partition, unique)
        expect(partition.store.ordered.firstDouble(unique.id)).toBe(-1)
      }),
      settings(100),
    )
  })
})

/** Values that no other document may have. */
function tuplesOf({ v, w }: { readonly v: unknown; readonly w: unknown }): unknown[][] {
  if (v === undefined || w === undefined) return []
  return Array.isArray(v) ? v.map((element) => [element, w]) : [[v, w]]
}
