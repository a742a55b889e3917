// Promise: what a query answers fits its filter, whatever is written in the turn it was called in, or dropped in a later one.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DataType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { turnsDuring } from '../../turns.ts'
import { collectionOf, SUCCESS } from './fixture.ts'

const QUERIES: Record<string, object> = {
  'by key': {},
  'in an order': { order_by_fields: [{ field: 'n', order: 'desc' }] },
  'by words': { filter: 'TEXT_MATCH(kind, "one")' },
}

for (const [name, query] of Object.entries(QUERIES)) {
  it(`answers ${name} with rows that match`, async () => {
    const fields = [
      { name: 'kind', data_type: DataType.VarChar, max_length: 20, enable_analyzer: true, enable_match: true },
      { name: 'n', data_type: DataType.Int64 },
    ]
    const made = await collectionOf(fields)
    const rows = (kind: string, n: number) =>
      Array.from({ length: 200 }, (_, id) => ({ id, vector: [id, n, 0, 0], kind, n: (id * 7) % 200 }))
    for (let turns = 0; turns < 12; turns++) {
      await made.upsert({ collection_name: 'c', data: rows('one', turns) })
      const answer = made.query({
        collection_name: 'c',
        filter: 'kind == "one"',
        output_fields: ['kind'],
        limit: 100,
        ...query,
      })
      for (let i = 0; i < turns; i++) await null
      const written = made.upsert({ collection_name: 'c', data: rows('other', turns).slice(50, 180) })
      const { data } = await answer
      expect(data.map((row) => row['kind'])).toEqual(data.map(() => 'one'))
      expect(data.length).toBeGreaterThan(0)
      await written
    }
  })
}

// The query rejected with an error of the engine's, which names its own index or collection, where Milvus answers.
describe('a query from under which something goes in a later turn', () => {
  beforeEach(() => {
    let now = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 4))
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  const ROWS = 4_000
  const C = { collection_name: 'c' }

  it.each<[string, number, (made: MilvusClient) => Promise<unknown>]>([
    ['the index that it goes through', 1_900, (made) => made.dropIndex({ ...C, field_name: 'n' })],
    [
      'the rows, which move',
      ROWS,
      (made) =>
        made.addCollectionField({
          ...C,
          field: { name: 'w', data_type: DataType.FloatVector, dim: 2, nullable: true },
        }),
    ],
  ])('begins anew without %s', async (_, count, change) => {
    const made = await collectionOf([{ name: 'n', data_type: DataType.Int64 }])
    await made.insert({ ...C, data: Array.from({ length: ROWS }, (_, id) => ({ id, vector: [id, 0, 0, 0], n: id })) })
    await made.createIndex({ ...C, field_name: 'n', index_type: 'STL_SORT' })
    const changes: Promise<unknown>[] = []
    const query = { ...C, filter: `n < ${count}`, output_fields: ['n'], limit: ROWS }
    const [answer, turns] = await turnsDuring(made.query(query), (turn) => {
      if (turn === 0) changes.push(change(made))
    })
    expect(turns).toBeGreaterThan(1)
    expect(answer).toMatchObject({ status: SUCCESS })
    expect(answer.data).toHaveLength(count)
    expect(await Promise.all(changes)).toMatchObject([{ error_code: 'Success' }])
  })

  it('says that there is no collection when it was dropped', async () => {
    const made = await collectionOf([{ name: 'n', data_type: DataType.Int64 }])
    await made.insert({ ...C, data: Array.from({ length: ROWS }, (_, id) => ({ id, vector: [id, 0, 0, 0], n: id })) })
    const changes: Promise<unknown>[] = []
    const query = { ...C, filter: 'n >= 0', output_fields: ['n'], limit: ROWS }
    const [{ status }] = await turnsDuring(made.query(query), (turn) => {
      if (turn === 0) changes.push(made.dropCollection(C))
    })
    expect(status.reason).toBe('collection not found[database=default][collection=c]')
    await Promise.all(changes)
  })
})
