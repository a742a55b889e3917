// Promise: an inverted index answers what reading every document would, to the last bit of every score, whatever was put in, replaced and
// taken out in which order. Checked against a plain model, with few and with very many documents to a term.

import { beforeEach, describe, expect, it } from 'vitest'
import type { InvertedKind } from '../../src/core/derived/index.ts'
import { CollectionShapes, MODE_UPSERT, Store } from '../../src/core/index.ts'
import fc from '../property.ts'
import { InvertedModel, type ModelQuery } from './inverted-model.ts'

/** Small numbers of its own; the same for a seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 4294967296) * below)
  }
}

async function storeOf(slots: number): Promise<Store> {
  const store = await Store.create({ shapes: new CollectionShapes('id'), makeKey: () => 'none' })
  store.begin()
  for (let id = 0; id < slots; id++) {
    while (!store.stage.add({ id }, MODE_UPSERT, false)) store.runStaged(new Map())
    if (store.stage.isFull) store.runStaged(new Map())
  }
  store.runStaged(new Map())
  store.commitBatch()
  return store
}

/** An index and its model, changed and asked together. */
class Pair {
  readonly store: Store
  readonly handle: number
  readonly model: InvertedModel

  constructor(store: Store, kind: InvertedKind, id = 1) {
    this.store = store
    this.handle = store.inverted.create(id, kind)
    this.model = new InvertedModel(kind)
  }

  put(slot: number, tokens: readonly string[]): void {
    this.store.inverted.putTexts(this.handle, [{ slot, tokens }])
    this.model.put(slot, tokens)
  }

  putVector(slot: number, indices: readonly number[], values: readonly number[]): void {
    this.store.inverted.putVectors(this.handle, [{ slot, indices, values }])
    this.model.putVector(slot, indices, values)
  }

  remove(slot: number): void {
    this.store.inverted.remove(this.handle, slot)
    this.model.documents.delete(slot)
  }

  expectStats(): void {
    const stats = this.store.inverted.stats(this.handle)
    expect(stats.documents).toBe(this.model.documents.size)
    expect(stats.lengths).toBe(this.model.lengths)
    expect(stats.terms).toBe(this.model.terms.size)
  }

  expectSearch(query: ModelQuery, limit: number): void {
    const { inverted } = this.store
    const wanted = this.model.kind === 'text' ? (query.terms as string[]) : Uint32Array.from(query.terms as number[])
    const { terms, counts } = inverted.terms(this.handle, wanted)
    expect([...counts]).toEqual(query.terms.map((term) => this.model.countOf(term)))
    let filter: Uint8Array | undefined
    const { isAllowed } = query
    if (isAllowed !== undefined) {
      filter = new Uint8Array(1024)
      for (let slot = 0; slot < 8192; slot++) if (isAllowed(slot)) filter[slot >>> 3]! |= 1 << (slot & 7)
    }
    const weights = Float32Array.from(query.weights)
    const { constant, slope } = query
    const hits = inverted.search(this.handle, { terms, weights, limit, filter, constant, slope })
    const found = [...hits.slots].map((slot, i) => ({ slot, score: hits.scores[i]! }))
    expect(found).toEqual(this.model.search(query, limit))
    for (let i = 0; i < found.length; i++) expect(this.store.reader.readKey(hits.addresses[i]!)).toBe(hits.slots[i])
  }

  expectMatch(terms: readonly string[], least: number): void {
    const { inverted } = this.store
    const { bitmap, count } = inverted.match(this.handle, inverted.terms(this.handle, terms).terms, least)
    const found: number[] = []
    for (let slot = 0; slot < bitmap.length * 8; slot++) if ((bitmap[slot >>> 3]! >> (slot & 7)) & 1) found.push(slot)
    expect(found).toEqual(this.model.match(terms, least))
    expect(count).toBe(found.length)
  }
}

const SLOTS = 40
const WORDS = ['a', 'b', 'c', 'dd', 'eight888', 'a longer one', '\u00fcber', '\u6771\u4eac', '\ud83d\ude00']
const word = fc.constantFrom(...WORDS)

describe('texts', () => {
  let store: Store
  beforeEach(async () => {
    store = await storeOf(SLOTS)
  })

  it('follows puts, replacements and removals', () => {
    const slot = fc.nat(SLOTS - 1)
    const step = fc.oneof(
      fc.record({ slot, tokens: fc.array(word, { maxLength: 12 }) }),
      fc.record({ slot, tokens: fc.constant(undefined) }),
    )
    const query = fc.record({
      terms: fc.uniqueArray(word, { minLength: 1, maxLength: 5 }),
      weight: fc.double({ min: 0.01, max: 20, noNaN: true }),
      limit: fc.integer({ min: 1, max: SLOTS }),
      odd: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(query, { maxLength: 4 }), (steps, queries) => {
        const pair = new Pair(store, 'text')
        for (const { slot: at, tokens } of steps) tokens === undefined ? pair.remove(at) : pair.put(at, tokens)
        pair.expectStats()
        for (const { terms, weight, limit, odd } of queries) {
          const weights = terms.map((_, i) => weight / (i + 1))
          const isAllowed = (at: number) => at % 2 === 1
          pair.expectSearch({ terms, weights, constant: 0.3, slope: 0.07, ...(odd ? { isAllowed } : {}) }, limit)
          pair.expectMatch(terms, 1)
          pair.expectMatch(terms, terms.length)
        }
        store.inverted.drop(pair.handle)
      }),
      { numRuns: 150 },
    )
  })

  it('enters many documents in one call, and gives all memory of an index back', () => {
    const pair = new Pair(store, 'text')
    const documents = Array.from({ length: SLOTS }, (_, slot) => ({ slot, tokens: WORDS.slice(0, slot % 9) }))
    store.inverted.putTexts(pair.handle, documents)
    for (const { slot, tokens } of documents) pair.model.put(slot, tokens)
    pair.expectStats()
    expect(store.inverted.stats(pair.handle).marked).toBe(0)
    store.inverted.drop(pair.handle)
    const pages = store.pagesTop
    for (let i = 0; i < 50; i++) {
      const again = new Pair(store, 'text', i)
      store.inverted.putTexts(again.handle, documents)
      store.inverted.drop(again.handle)
    }
    expect(store.pagesTop).toBe(pages)
  })

  // A view that reaches from a word's place to the end of memory is longer than 2 GiB then, and encodeInto writes nothing into such a one: all words
  // became the same, and each was found in every document.
  it('tells words apart when memory has grown beyond 2 GiB', () => {
    const { memory } = store
    const { grow } = memory.core.memory as unknown as { grow(pages: number): number }
    grow.call(memory.core.memory, 40_000)
    memory.refresh()
    const pair = new Pair(store, 'text')
    pair.put(1, ['alpha', 'beta'])
    pair.put(2, ['gamma', 'h\u00e9 \u4e2d'])
    const { counts } = store.inverted.terms(pair.handle, ['alpha', 'gamma', 'delta', 'h\u00e9 \u4e2d'])
    expect([...counts]).toEqual([1, 1, 0, 1])
  })

  it('counts a term more often than 65,535 times as so many, and the length whole', () => {
    const pair = new Pair(store, 'text')
    pair.put(3, new Array<string>(70_000).fill('a'))
    expect(store.inverted.stats(pair.handle).lengths).toBe(70_000)
    const { terms } = store.inverted.terms(pair.handle, ['a'])
    const weights = Float32Array.of(1)
    const hits = store.inverted.search(pair.handle, { terms, weights, limit: 1, constant: 1, slope: 0 })
    expect(hits.scores[0]).toBe(Math.fround(65535 / 65536))
  })
})

describe('marks', () => {
  it('marks what a batch touches, done or undone, and everything when it is made', async () => {
    const store = await storeOf(10)
    const { handle } = new Pair(store, 'text')
    const marks = () => [...store.inverted.marked(handle, 500)].filter((_, i) => i % 2 === 0)
    expect(marks()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const slot of marks()) store.inverted.remove(handle, slot)
    expect(marks()).toEqual([])
    store.stage.add({ id: 100 }, MODE_UPSERT, false)
    store.stage.add({ id: 4, x: 1 }, MODE_UPSERT, false)
    store.stage.add({ id: 5 }, MODE_UPSERT, false)
    store.runStaged(new Map())
    store.remove(7)
    store.abandonBatch()
    expect(marks()).toEqual([4, 7, 10])
    expect(store.inverted.marked(handle, 500)[5]).toBe(0)
    expect(store.inverted.stats(handle).marked).toBe(3)
  })

  it('passes over writes that leave the fields of an index as they were', async () => {
    const store = await storeOf(4)
    const { handle } = new Pair(store, 'text')
    store.inverted.setFields(handle, ['t', 'deep'])
    const write = (...documents: object[]) => {
      for (let slot = 0; slot < 6; slot++) store.inverted.remove(handle, slot)
      for (const document of documents) store.stage.add(document, MODE_UPSERT, false)
      store.runStaged(new Map())
      store.commitBatch()
      return [...store.inverted.marked(handle, 500)].filter((_, i) => i % 2 === 0)
    }
    expect(write({ id: 0, t: 'a' }, { id: 1, n: 1 }, { id: 2, deep: { x: ['b', 1] } }, { id: 9, n: 1 })).toEqual([
      0, 2, 4,
    ])
    expect(write({ id: 0, t: 'a', n: 5 }, { n: 2, id: 1 }, { deep: { x: ['b', 1] }, id: 2, m: null })).toEqual([])
    expect(write({ id: 0, t: 'b', n: 5 }, { id: 1, t: null }, { id: 2, deep: { x: ['b', 2] } })).toEqual([0, 1, 2])
    expect(write({ id: 0 }, { id: 1, t: null, n: 1 }, { id: 3, t: '' })).toEqual([0, 3])
  })

  it('keeps them over ten thousand slots', async () => {
    const store = await storeOf(10_000)
    const { handle } = new Pair(store, 'sparse')
    expect(store.inverted.stats(handle).marked).toBe(10_000)
    for (let slot = 0; slot < 10_000; slot++) if (slot % 997 !== 0) store.inverted.remove(handle, slot)
    const left = [...store.inverted.marked(handle, 500)].filter((_, i) => i % 2 === 0)
    expect(left).toEqual(Array.from({ length: 11 }, (_, i) => i * 997))
    expect([...store.inverted.marked(handle, 3)].length).toBe(6)
  })
})

describe('long lists', () => {
  const MANY = 5000

  it.each([1, 2, 3])('finds the same through thousands of documents, seed %i', async (seed) => {
    const random = randomOf(seed)
    const store = await storeOf(MANY)
    const pair = new Pair(store, 'text')
    const tokensOf = () => {
      const tokens = random(3) === 0 ? [] : ['of']
      for (let i = random(8); i > 0; i--) tokens.push('the')
      if (random(40) === 0) tokens.push('rare')
      if (random(5) === 0) tokens.push('often', 'often')
      tokens.push(`w${random(2000)}`)
      return tokens
    }
    const ask = () => {
      pair.expectStats()
      for (const terms of [
        ['rare', 'often', 'of', 'the'],
        ['the'],
        ['rare'],
        ['w7', 'rare', 'of'],
        ['of', 'rare', 'none'],
      ]) {
        const weights = terms.map((term) => Math.log(1 + MANY / (1 + pair.model.countOf(term))))
        for (const limit of [1, 10, 300, MANY]) pair.expectSearch({ terms, weights, constant: 0.3, slope: 0.1 }, limit)
        const isAllowed = (slot: number) => slot % 7 === 3
        pair.expectSearch({ terms, weights, constant: 0.3, slope: 0.1, isAllowed }, 10)
        pair.expectMatch(terms, 2)
      }
    }
    for (let slot = 0; slot < MANY; slot++) pair.put(slot, tokensOf())
    ask()
    for (let i = 0; i < 4000; i++) {
      const slot = random(MANY)
      if (random(3) === 0) pair.put(slot, tokensOf())
      else pair.remove(slot)
    }
    ask()
    for (let slot = 0; slot < MANY; slot++) if (slot % 50 !== 0) pair.remove(slot)
    ask()
    for (let slot = 0; slot < MANY; slot++) pair.remove(slot)
    pair.expectStats()
    expect(store.inverted.stats(pair.handle).terms).toBe(0)
  })
})

describe('sparse vectors', () => {
  const SOME = 200

  it('sums products, negative ones as well, and finds who shares a dimension even if the sum is zero', async () => {
    const store = await storeOf(SOME)
    const value = fc.constantFrom(-2, -0.5, 0.25, 1, 3.5, 1e-30, -1e-30)
    const vector = fc.uniqueArray(fc.tuple(fc.constantFrom(0, 1, 2, 7, 1000, 4294967294), value), {
      selector: ([at]) => at,
      minLength: 1,
    })
    const step = fc.record({ slot: fc.nat(SOME - 1), vector: fc.option(vector, { nil: undefined }) })
    const query = fc.record({ vector, limit: fc.constantFrom(1, 2, 10, SOME) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.array(query, { maxLength: 4 }), (steps, queries) => {
        const pair = new Pair(store, 'sparse')
        for (const { slot, vector: entries } of steps) {
          if (entries === undefined) pair.remove(slot)
          else
            pair.putVector(
              slot,
              entries.map(([at]) => at),
              entries.map(([, held]) => held),
            )
        }
        pair.expectStats()
        for (const { vector: entries, limit } of queries) {
          const terms = entries.map(([at]) => at)
          pair.expectSearch({ terms, weights: entries.map(([, held]) => held), constant: 0, slope: 0 }, limit)
        }
        store.inverted.drop(pair.handle)
      }),
      { numRuns: 150 },
    )
  })

  it.each([1, 2])('finds the same through thousands of vectors, seed %i', async (seed) => {
    const random = randomOf(seed)
    const store = await storeOf(3000)
    const pair = new Pair(store, 'sparse')
    for (let slot = 0; slot < 3000; slot++) {
      const indices = [...new Set([0, random(4), random(20), random(1000)])]
      pair.putVector(
        slot,
        indices,
        indices.map(() => (random(200) - (seed === 1 ? 0 : 40) || 1) / 64),
      )
    }
    for (const terms of [[900, 15, 3, 0], [0], [17, 0]]) {
      const weights = terms.map((term) => (term === 3 && seed === 2 ? -1.5 : 12 / (1 + pair.model.countOf(term) / 100)))
      for (const limit of [1, 10, 500]) pair.expectSearch({ terms, weights, constant: 0, slope: 0 }, limit)
    }
  })
})
