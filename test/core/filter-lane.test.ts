// Promise: a field that is asked for again and again answers as at first, whatever was written in between. The core then keeps the words
// of such fields side by side; a word that outlived its document, or a block that was not read anew, would find the wrong documents.

import { describe, expect, it } from 'vitest'
import { S_SLOT_MARKED } from '../../src/core/abi.ts'
import { CollectionShapes, MODE_UPSERT, PAGE_BYTES, Store } from '../../src/core/index.ts'
import { compileFilter, parseFilter } from '../../src/query/filters.ts'

type Fields = Record<string, unknown>

/** mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const FILLER = Object.fromEntries(Array.from({ length: 260 }, (_, i) => [`filler${i}`, i]))

class Kept {
  readonly store: Store
  readonly documents = new Map<string, Fields>()
  /** By the last scan. */
  looked = 0
  readonly #random: (below: number) => number

  constructor(store: Store, random: (below: number) => number) {
    this.store = store
    this.#random = random
  }

  static async create(seed: number, memoryLimitBytes?: number): Promise<Kept> {
    const store = await Store.create({
      shapes: new CollectionShapes('id'),
      makeKey: () => 'none',
      ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
    })
    store.begin()
    return new Kept(store, randomOf(seed))
  }

  value(): unknown {
    const random = this.#random
    const small = random(100)
    switch (random(12)) {
      case 0:
        return small + 0.5
      case 1:
        return BigInt(small)
      case 2:
        return `text ${small}`
      case 3:
        return null
      case 4:
        return 2 ** 40 + small
      case 5:
        return -small
      default:
        return small
    }
  }

  document(id: string): Fields {
    const random = this.#random
    const fields: Fields = { id }
    if (random(8) !== 0) fields.a = this.value()
    if (random(3) === 0) fields.wide = 'x'.repeat(random(60))
    if (random(4) !== 0) fields.b = this.value()
    if (random(4) === 0) fields.c = random(100)
    if (random(200) === 0) Object.assign(fields, FILLER)
    if (random(200) === 0) fields.a = this.value()
    return fields
  }

  put(ids: readonly string[], isKept = true): void {
    const { store } = this
    for (const id of ids) {
      const document = this.document(id)
      while (!store.stage.add(document, MODE_UPSERT, false)) store.runStaged(new Map())
      if (store.stage.isFull) store.runStaged(new Map())
      if (isKept) this.documents.set(id, document)
    }
    store.runStaged(new Map())
  }

  some(count: number): string[] {
    return Array.from({ length: count }, () => `k${this.#random(12_000)}`)
  }

  /** Writes of each kind, scattered. */
  alter(): void {
    const { store } = this
    this.put(this.some(1 + this.#random(40)))
    for (const id of this.some(1 + this.#random(20))) {
      store.remove(id)
      this.documents.delete(id)
    }
    store.commitBatch()
    this.put(this.some(10), false)
    for (const id of this.some(10)) store.remove(id)
    // Seen by scans while the batch is open, and gone with it.
    this.scan(compileFilter(parseFilter({ a: { $lt: 50 } })), 256)
    store.abandonBatch()
  }

  scan(filter: ReturnType<typeof compileFilter>, size: number, work?: number): string[] {
    const addresses = new Uint32Array(size)
    const found: string[] = []
    let looked = 0
    for (let slot = 0; slot >= 0; ) {
      const { count, next, examined } = this.store.filters.scan(filter.program!, slot, addresses, work)
      for (const address of addresses.subarray(0, count)) found.push(this.store.reader.readKey(address) as string)
      looked += examined
      slot = next
    }
    this.looked = looked
    return found.sort()
  }

  check(given: object): void {
    const filter = compileFilter(parseFilter(given))
    const expected = [...this.documents].filter(([, document]) => filter.matches(document)).map(([id]) => id)
    expected.sort()
    expect(this.scan(filter, 1024), JSON.stringify(given)).toEqual(expected)
    expect(this.looked).toBe(this.documents.size)
    expect(this.scan(filter, 5, 40)).toEqual(expected)
    expect(this.looked).toBe(this.documents.size)
    let counted = 0
    for (let slot = 0; slot >= 0; ) {
      const { count, next } = this.store.filters.count(filter.program!, slot)
      counted += count
      slot = next
    }
    expect(counted).toBe(expected.length)
  }
}

const FILTERS: readonly ((field: string, operand: number) => object)[] = [
  (field, operand) => ({ [field]: { $lt: operand } }),
  (field, operand) => ({ [field]: { $gte: operand } }),
  (field, operand) => ({ [field]: operand }),
  (field, operand) => ({ [field]: { $ne: operand } }),
  (field, operand) => ({ [field]: { $lt: operand }, b: { $exists: true } }),
  (field, operand) => ({ [field]: { $not: { $gt: operand } } }),
]

describe('fields that are asked for again and again', () => {
  it('answer the same while documents come, change, go and are taken back', async () => {
    const kept = await Kept.create(7)
    kept.put(Array.from({ length: 10_000 }, (_, i) => `k${i}`))
    kept.store.commitBatch()
    for (let round = 0; round < 25; round++) {
      kept.alter()
      for (const field of ['a', 'b']) kept.check(FILTERS[round % FILTERS.length]!(field, (round * 7) % 100))
    }
  })

  it('answer the same when there are many, and more documents than when they were first asked', async () => {
    const kept = await Kept.create(8)
    kept.put(Array.from({ length: 9_000 }, (_, i) => `k${i}`))
    kept.store.commitBatch()
    const fields = ['a', 'b', 'c', 'filler1', 'filler2', 'wide', 'id', 'none', 'filler3', 'filler4']
    for (let round = 0; round < 8; round++) {
      // By turns, and some of them many times.
      for (let i = 0; i < 6; i++) kept.check({ [fields[(round + i) % fields.length]!]: { $lt: 40 + i } })
      for (let i = 0; i < 3; i++) kept.check({ [fields[round % fields.length]!]: { $gt: 40 + i } })
      if (round % 3 === 2) kept.put(Array.from({ length: 3_000 }, (_, i) => `r${round}-${i}`))
      kept.store.commitBatch()
    }
  })

  it.each([8, 12])('give way where memory is scarce: %i MiB', async (mebibytes) => {
    const kept = await Kept.create(9, mebibytes * 1024 * 1024)
    kept.put(Array.from({ length: 9_000 }, (_, i) => `k${i}`))
    kept.store.commitBatch()
    for (let round = 0; round < 8; round++) kept.check({ a: { $lt: round } })
    for (let i = 0; ; i++) {
      try {
        kept.put([`more${i}`], false)
        kept.store.commitBatch()
        kept.documents.set(`more${i}`, kept.store.reader.read(kept.store.find(`more${i}`)) as Fields)
      } catch {
        kept.store.abandonBatch()
        break
      }
      if (i > 1_000_000) throw new Error('the limit was never met')
    }
    kept.check({ a: { $lt: 30 } })
  })

  it('are not told of writes by a partition that was restored from a snapshot of one that had them', async () => {
    const kept = await Kept.create(10)
    kept.put(Array.from({ length: 9_000 }, (_, i) => `k${i}`))
    kept.store.commitBatch()
    for (let round = 0; round < 6; round++) kept.check({ a: { $lt: round } })
    const { store } = kept
    expect(store.memory.state(S_SLOT_MARKED)).toBeGreaterThan(9_000)
    const restored = (await Kept.create(11)).store
    const pages = Uint32Array.from(store.structPages())
    expect(restored.restoreBegin(store.pagesTop, pages, 0)).toBe(true)
    restored.stateBytes.set(store.stateBytes)
    for (const page of pages) {
      restored.memoryRange(page * PAGE_BYTES, PAGE_BYTES).set(store.memoryRange(page * PAGE_BYTES, PAGE_BYTES))
    }
    expect(restored.restoreEnd(store.pagesTop)).toBe(true)
    // Its byte would be written into whatever lies there now.
    expect(restored.memory.state(S_SLOT_MARKED)).toBe(0)
  })
})
