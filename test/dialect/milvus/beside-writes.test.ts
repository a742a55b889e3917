// Promise: what a query answers fits its filter, whatever is written in the turn it was called in.

import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { collectionOf } from './fixture.ts'

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
