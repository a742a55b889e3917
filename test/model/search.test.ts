// Promise: search finds what a loop over all documents finds, through any sequence of inserts, updates, deletes, refused and abandoned
// batches, compactions and reopenings, over partitions and shards, with filters and without. Held against a Map, after every command. A
// failure prints its seed; QUIVER_SEED repeats it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Collection, type CollectionOptions, type Database, open } from '../../src/index.ts'
import { settings } from '../core/values.ts'
import { distance, randomOf } from '../core/vectors.ts'
import fc from '../property.ts'

interface Doc {
  readonly id: number
  readonly tag: number
  readonly v?: readonly number[] | null
  readonly bits?: readonly number[] | null
}

type Command =
  | { readonly do: 'upsert' | 'insert'; readonly documents: readonly Doc[]; readonly partition: number }
  | { readonly do: 'update'; readonly key: number; readonly v: readonly number[] | null }
  | { readonly do: 'delete'; readonly keys: readonly number[] }
  | { readonly do: 'refused'; readonly document: Doc }
  | { readonly do: 'compact' | 'reopen' }

interface Setting {
  readonly metric: 'l2' | 'cosine' | 'ip'
  readonly bits: 'hamming' | 'jaccard'
  readonly quantization: 'int8' | 'none' | 'binary'
  readonly shards: number
  readonly dimension: number
}

const DIMENSION_MAX = 9
const KEYS = 60
// Whole lanes: sums come out the same in any order, so that ties are ties on both sides.
const lanes = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: DIMENSION_MAX, maxLength: DIMENSION_MAX })
const bits = fc.array(fc.nat({ max: 255 }), { minLength: 2, maxLength: 2 })
const document: fc.Arbitrary<Doc> = fc.record(
  {
    id: fc.nat({ max: KEYS - 1 }),
    tag: fc.nat({ max: 4 }),
    v: fc.option(lanes, { freq: 5 }),
    bits: fc.option(bits, { freq: 5 }),
  },
  { requiredKeys: ['id', 'tag'] },
)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('upsert' as const, 'insert' as const),
      documents: fc.array(document, { minLength: 1, maxLength: 25 }),
      partition: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('update' as const), key: fc.nat({ max: KEYS - 1 }), v: fc.option(lanes) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      keys: fc.array(fc.nat({ max: KEYS - 1 }), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refused' as const), document }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('compact' as const, 'reopen' as const) }) },
)
const setting: fc.Arbitrary<Setting> = fc.record({
  metric: fc.constantFrom('l2' as const, 'cosine' as const, 'ip' as const),
  bits: fc.constantFrom('hamming' as const, 'jaccard' as const),
  quantization: fc.constantFrom('int8' as const, 'none' as const, 'binary' as const),
  shards: fc.constantFrom(1, 3),
  dimension: fc.integer({ min: 1, max: DIMENSION_MAX }),
})

class World {
  readonly #setting: Setting
  readonly #path: string
  readonly #model = new Map<number, { readonly document: Doc; readonly partition: string }>()
  #db!: Database
  #collection!: Collection

  constructor(chosen: Setting, path: string) {
    this.#setting = chosen
    this.#path = path
  }

  async open(): Promise<void> {
    this.#db = await open(this.#path, { durability: 'soft' })
    const { metric, dimension, quantization, shards } = this.#setting
    const options: CollectionOptions = {
      shards,
      vectors: {
        v: { dimension, metric, index: { type: 'flat', quantization } },
        bits: { dimension: 16, metric: this.#setting.bits },
      },
    }
    if ((await this.#db.collections()).length === 0) {
      this.#collection = await this.#db.createCollection('docs', options)
      await this.#collection.createPartition('second')
    }
    this.#collection = this.#db.collection('docs')
  }

  close(): Promise<void> {
    return this.#db.close()
  }

  #whole(given: Doc): Doc {
    return { ...given, ...(given.v ? { v: given.v.slice(0, this.#setting.dimension) } : {}) }
  }

  async run(what: Command): Promise<void> {
    const posts = this.#collection
    switch (what.do) {
      case 'upsert':
      case 'insert': {
        const partition = what.partition === 0 ? '_default' : 'second'
        const documents = what.documents.map((one) => this.#whole(one))
        await posts[what.do](documents, { partition })
        for (const one of documents) {
          if (what.do === 'upsert' || !this.#model.has(one.id)) this.#model.set(one.id, { document: one, partition })
        }
        return
      }
      case 'update': {
        const v = what.v?.slice(0, this.#setting.dimension) ?? null
        await posts.update(what.key, { v })
        const old = this.#model.get(what.key)
        if (old !== undefined) this.#model.set(what.key, { ...old, document: { ...old.document, v } })
        return
      }
      case 'delete':
        await posts.delete(what.keys)
        for (const key of what.keys) this.#model.delete(key)
        return
      case 'refused': {
        const result = await posts.upsert([this.#whole(what.document), { id: 1, v: [Number.NaN] }], { atomic: true })
        expect(result.errors).toBe(1)
        return
      }
      case 'compact':
        await posts.optimize()
        return
      case 'reopen':
        await this.#db.close()
        await this.open()
    }
  }

  async check(random: () => number): Promise<void> {
    const { metric, dimension, bits: bitMetric } = this.#setting
    const query = Array.from({ length: dimension }, () => Math.floor(random() * 7) - 3)
    const packed = [Math.floor(random() * 256), Math.floor(random() * 256)]
    const filters = [undefined, { tag: Math.floor(random() * 5) }, { tag: { $gt: Math.floor(random() * 5) } }] as const
    const filter = filters[Math.floor(random() * 3)]
    const partitions = random() < 0.7 ? undefined : ['second']
    for (const [field, used, vector] of [
      ['v', metric, query],
      ['bits', bitMetric, packed],
    ] as const) {
      const wanted = [...this.#model.values()]
        .filter((one) => partitions === undefined || one.partition === 'second')
        .filter(({ document: { tag } }) => matches(tag, filter))
        .flatMap(({ document: one }) =>
          one[field] ? [{ id: one.id, distance: distance(used, vector, one[field]) }] : [],
        )
        .sort((a, b) => a.distance - b.distance || a.id - b.id)
      const limit = random() < 0.5 ? 5 : 1000
      const hits = await this.#collection.search({ field, vector, limit, filter, partitions, select: [] })
      expect(hits.length).toBe(Math.min(limit, wanted.length))
      for (const [i, hit] of hits.entries()) expect(hit.distance).toBeCloseTo(wanted[i]!.distance, 9)
      // Ties may come in any order, but not twice, and nothing nearer may be left out.
      const byId = new Map(wanted.map((one) => [one.id, one.distance]))
      for (const hit of hits) expect(hit.distance).toBeCloseTo(byId.get(hit.id as number)!, 9)
      expect(new Set(hits.map((hit) => hit.id)).size).toBe(hits.length)
    }
    const stored = [...this.#model.values()].reduce(
      (sum, { document: one }) => sum + (one.v ? 1 : 0) + (one.bits ? 1 : 0),
      0,
    )
    expect((await this.#collection.stats()).vectors).toBe(stored)
  }
}

function matches(tag: number, filter: { readonly tag: number | { readonly $gt: number } } | undefined): boolean {
  if (filter === undefined) return true
  return typeof filter.tag === 'number' ? tag === filter.tag : tag > filter.tag.$gt
}

it('agrees with a loop over all documents', async () => {
  await fc.assert(
    fc.asyncProperty(
      setting,
      fc.array(command, { minLength: 3, maxLength: 18 }),
      fc.nat(),
      async (chosen, commands, seed) => {
        const path = await mkdtemp(join(tmpdir(), 'quiverdb-search-'))
        const world = new World(chosen, path)
        const random = randomOf(seed)
        await world.open()
        try {
          for (const one of commands) {
            await world.run(one)
            await world.check(random)
          }
        } finally {
          await world.close()
          await rm(path, { recursive: true, force: true })
        }
      },
    ),
    settings(60),
  )
})
