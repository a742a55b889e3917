// Promise: whatever is added, upserted, updated, deleted, reopened and asked for, in any order, a collection answers as a list of
// records in plain JavaScript does. Refused calls are refused by both and change neither.

import { describe, expect, it } from 'vitest'
import { type Collection, SeekdbValueError } from '../../../src/dialect/seekdb/index.ts'
import fc from '../../property.ts'
import { memoryClient } from './fixtures.ts'

interface Record_ {
  id: string
  document: string | null
  metadata: { n: number } | null
  embedding: number[]
}

interface Item {
  readonly id: string
  readonly document: string | null | undefined
  readonly metadata: { n: number } | null | undefined
  readonly embedding: number[] | undefined
}

type Operation =
  | { readonly kind: 'add' | 'upsert' | 'update'; readonly items: readonly Item[] }
  | { readonly kind: 'delete'; readonly ids: readonly string[] | undefined; readonly above: number | undefined }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'read'; readonly skip: number; readonly limit: number; readonly above: number }

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const item: fc.Arbitrary<Item> = fc.record({
  id,
  document: fc.option(fc.option(fc.constantFrom('x', 'text', ''), { nil: null }), { nil: undefined }),
  metadata: fc.option(fc.option(fc.record({ n: fc.nat(5) }), { nil: null }), { nil: undefined }),
  embedding: fc.option(fc.tuple(fc.nat(3), fc.nat(3)), { nil: undefined, freq: 3 }),
})
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('add'), items: fc.array(item, { minLength: 1, maxLength: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('upsert'), items: fc.array(item, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('update'), items: fc.array(item, { minLength: 1, maxLength: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete'),
      ids: fc.option(fc.array(id, { maxLength: 2 }), { nil: undefined }),
      above: fc.option(fc.nat(5), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('read'), skip: fc.nat(4), limit: fc.nat(4), above: fc.nat(5) }),
  },
) as fc.Arbitrary<Operation>

/** Applies an operation to the list; the list afterwards, or null when it is refused. */
function applied(records: readonly Record_[], operation: Operation): Record_[] | null {
  const next = records.map((record) => ({ ...record }))
  if (operation.kind === 'delete') {
    const { ids, above } = operation
    if (ids === undefined && above === undefined) return null
    return next.filter(({ id, metadata }) => {
      const isNamed = ids === undefined || ids.includes(id)
      return !(isNamed && (above === undefined || (metadata !== null && metadata.n > above)))
    })
  }
  if (operation.kind === 'reopen' || operation.kind === 'read') return next
  const { kind, items } = operation
  const columns = [
    items.map((one) => one.embedding),
    items.map((one) => one.document),
    items.map((one) => one.metadata),
  ]
  const given = columns.map((column) => column.some((value) => value !== undefined))
  if (kind === 'add' ? !given[0] && !given[1] : !given.some(Boolean)) return null
  for (const { id, document, metadata, embedding } of items) {
    const old = next.find((record) => record.id === id)
    if (kind === 'add' && (old !== undefined || embedding === undefined)) return null
    if (kind === 'update') {
      if (old === undefined) continue
      if (document) old.document = document
      if (metadata) old.metadata = metadata
      if (embedding) old.embedding = embedding
    } else if (old === undefined) {
      if (embedding === undefined) return null
      next.push({ id, document: document ?? null, metadata: metadata ?? null, embedding })
    } else {
      if (document !== undefined) old.document = document
      if (metadata !== undefined) old.metadata = metadata
      if (embedding !== undefined) old.embedding = embedding
    }
  }
  return next
}

/** The columns of a call; one in which nothing is given is left out. */
function columnsOf(items: readonly Item[]): never {
  const column = (values: readonly unknown[]) => (values.every((value) => value === undefined) ? undefined : values)
  return {
    ids: items.map((one) => one.id),
    embeddings: column(items.map((one) => one.embedding)),
    documents: column(items.map((one) => one.document)),
    metadatas: column(items.map((one) => one.metadata)),
  } as never
}

async function run(collection: Collection, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'add':
    case 'upsert':
    case 'update':
      return await collection[operation.kind](columnsOf(operation.items))
    case 'delete': {
      const { ids, above } = operation
      return await collection.delete({ ids, where: above === undefined ? undefined : { n: { $gt: above } } } as never)
    }
    case 'reopen':
      return await collection.client.close()
    case 'read':
  }
}

function lists(records: readonly Record_[]): unknown {
  return {
    ids: records.map((record) => record.id),
    documents: records.map((record) => record.document),
    metadatas: records.map((record) => record.metadata),
    embeddings: records.map((record) => record.embedding),
  }
}

async function checkRead(
  collection: Collection,
  records: readonly Record_[],
  { skip, limit, above }: Extract<Operation, { kind: 'read' }>,
): Promise<void> {
  expect(await collection.get({ limit, offset: skip })).toEqual(lists(records.slice(skip, skip + limit)))
  const chosen = records.filter(({ metadata }) => metadata !== null && metadata.n > above)
  const where = { n: { $gt: above } }
  expect(await collection.get({ where, limit, offset: skip })).toEqual(lists(chosen.slice(skip, skip + limit)))
  const nearest = chosen
    .map((record, order) => ({ record, order, distance: Math.hypot(...record.embedding) }))
    .sort((a, b) => a.distance - b.distance || a.order - b.order)
    .slice(0, limit)
  const found = await collection.query({ queryEmbeddings: [0, 0], where, nResults: limit })
  expect(found.ids).toEqual([nearest.map(({ record }) => record.id)])
}

describe('a collection', () => {
  it('is what its model is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        const collection = await memoryClient().createCollection({
          name: 'model',
          configuration: { dimension: 2, distance: 'l2' },
          embeddingFunction: null,
        })
        let records: Record_[] = []
        for (const one of operations) {
          const next = applied(records, one)
          const error = await run(collection, one).catch((reason: unknown) => reason)
          if (next === null) expect(error).toBeInstanceOf(SeekdbValueError)
          else {
            expect(error).toBeUndefined()
            records = next
          }
          expect(await collection.get()).toEqual(lists(records))
          expect(await collection.count()).toBe(records.length)
          if (one.kind === 'read') await checkRead(collection, records, one)
        }
      }),
      { numRuns: 150 },
    )
  })
})
