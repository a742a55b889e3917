// Promise: whatever bytes are given as a program, the core either refuses them or runs them to an end over any record; and programs
// come and go without leaving memory behind. Checked with random bytes, with valid programs in which words were changed, and by hand.

import { describe, expect, it } from 'vitest'
import { STATUS_CORRUPT, STATUS_OK } from '../../src/core/abi.ts'
import { programBytes } from '../../src/core/filter/program.ts'
import type { Store } from '../../src/core/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { compileFilter, parseFilter } from '../../src/query/filters.ts'
import type { CompiledFilter } from '../../src/query/index.ts'
import fc from '../property.ts'
import { compiled, filterStore } from './filter-store.ts'
import { someDocuments, someTree } from './filter-values.ts'
import { settings } from './values.ts'

/** Loads bytes as a program, runs it if it is taken, gives it back. */
function load(store: Store, bytes: Uint8Array): number {
  const { memory } = store
  const { machine } = store.filters
  const address = machine.filter_reserve(bytes.length) >>> 0
  memory.refresh()
  expect(address).not.toBe(0)
  memory.u8.set(bytes, address + 32)
  const status = machine.filter_load(address, bytes.length)
  memory.refresh()
  if (status === STATUS_OK) {
    machine.filter_scan(address, 0, 1024, 100_000)
    machine.filter_count(address, 0, 100_000)
  }
  machine.filter_release(address)
  return status
}

function read(store: Store): unknown[] {
  const addresses = new Uint32Array(64)
  const { count } = store.scan(0, addresses)
  return [...addresses.subarray(0, count)].map((address) => store.reader.read(address))
}

const program = (filter: unknown) => compileFilter(parseFilter(filter)).program!

describe('a program', () => {
  it('of random bytes is refused', async () => {
    const { store } = await filterStore([{ a: 1 }])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(load(store, bytes)).toBe(STATUS_CORRUPT)
      }),
      settings(500),
    )
  })

  it('with words changed is refused, or runs to its end and changes nothing', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(
        someDocuments,
        someTree(['unequal', 'fail'])
          .map((tree) => compiled(tree))
          .filter((filter) => filter.program !== undefined),
        fc.array(
          fc.array(
            fc.tuple(
              fc.nat(),
              fc.oneof(
                fc.nat({ max: 40 }),
                fc.nat(),
                fc.integer(),
                fc.constantFrom(0xffffffff, 1 << 28, 11 << 28, 8 << 28),
              ),
            ),
            { minLength: 1, maxLength: 3 },
          ),
          { minLength: 1, maxLength: 40 },
        ),
        async (documents, filter: CompiledFilter, changes) => {
          const { store } = await filterStore(documents)
          const before = read(store)
          const valid = programBytes(filter.program!)
          expect(load(store, valid)).toBe(STATUS_OK)
          for (const words of changes) {
            const bytes = valid.slice()
            const view = new DataView(bytes.buffer)
            for (const [at, word] of words) view.setUint32((at % (bytes.length >>> 2)) * 4, word >>> 0, true)
            if (load(store, bytes) === STATUS_OK) taken++
          }
          expect(read(store)).toEqual(before)
        },
      ),
      settings(100),
    )
    expect(taken).toBeGreaterThan(10)
  })

  it('that leads back, out of itself or into an operand is refused', async () => {
    const { store } = await filterStore([{ a: 1 }])
    const bytes = programBytes(program({ a: { $gt: 1 }, b: 'x' }))
    const code = 32
    expect(load(store, bytes)).toBe(STATUS_OK)
    for (const [word, value] of [
      [1, 0],
      [2, 0],
      [1, 3],
      [1, 100_000],
      [3, 99],
      [0, 200],
      [0, 12],
      [0, 14],
      [0, 0x301],
    ] as const) {
      const changed = bytes.slice()
      new DataView(changed.buffer).setUint32(code + word * 4, value, true)
      expect(load(store, changed), `word ${word} = ${value}`).toBe(STATUS_CORRUPT)
    }
    for (let length = 0; length < bytes.length; length += 4)
      expect(load(store, bytes.slice(0, length))).toBe(STATUS_CORRUPT)
  })
})

describe('programs', () => {
  it('give their memory back', async () => {
    const { store } = await filterStore([{ a: 1 }])
    const filters = Array.from({ length: 40 }, (_, i) =>
      program({ a: { $in: Array.from({ length: 20_000 }, (_, j) => i * 20_000 + j) } }),
    )
    for (const one of filters) store.filters.count(one, 0)
    const bytes = store.memory.bytes()
    for (let round = 0; round < 5; round++)
      for (const one of filters) expect(store.filters.count(one, 0).count).toBe(one === filters[0] ? 1 : 0)
    expect(store.memory.bytes()).toBe(bytes)
    store.filters.clear()
    expect(store.filters.count(filters[0]!, 0).count).toBe(1)
  })

  it('that do not fit are refused, and the store goes on', async () => {
    const { store, find, add } = await filterStore([{ a: 1 }])
    store.memory.setState((await import('../../src/core/abi.ts')).S_PAGES_LIMIT, 120)
    expect(find({ a: 1 })).toEqual([0])
    expect(() => find({ a: { $in: Array.from({ length: 200_000 }, (_, i) => `value ${i}`) } })).toThrow(LimitError)
    add([{ a: 2 }])
    expect(find({ a: { $gte: 1 } })).toEqual([0, 1])
  })

  // What a call may do was counted in records: of a filter with thousands of conditions one call took seconds, in which nobody else ran.
  it('of thousands of conditions stop after a few records, and go on there', async () => {
    const { store } = await filterStore(Array.from({ length: 600 }, (_, i) => ({ a: `${i}`, b: [`${i}`] })))
    const many = Array.from({ length: 4_000 }, (_, i) => i)
    const ranges = { $or: many.map((i) => ({ a: { $startsWith: `x${i}` } })) }
    const parts = { $or: [{ a: { $containsAny: many.map((i) => `x${i}`) } }] }
    for (const one of [program(ranges), program(parts)]) {
      const first = store.filters.count(one, 0)
      expect(first.examined).toBeLessThan(300)
      let examined = 0
      for (let slot = 0; slot >= 0; ) {
        const step = store.filters.count(one, slot)
        examined += step.examined
        slot = step.next
      }
      expect(examined).toBe(600)
    }
  })

  it('see documents written after they were loaded, and no others', async () => {
    const { store, find, add } = await filterStore([])
    const filter = { fresh: { $gt: 1 } }
    expect(find(filter)).toEqual([])
    add([{ other: 1 }, { fresh: 2 }, { x: 1, fresh: 3 }])
    expect(find(filter)).toEqual([1, 2])
    store.remove('k1')
    store.commitBatch()
    expect(find(filter)).toEqual([2])
  })
})
