// Cases of `quiverdb/milvus`.

import { close, equal } from './expect.mjs'

const ROWS = [
  { id: 1, vector: [1, 0, 0, 0], color: 'red', n: 1 },
  { id: 2, vector: [0, 1, 0, 0], color: 'blue', n: 2 },
  { id: 3, vector: [0, 0, 1, 0], color: 'red', n: 3 },
]

export const milvus = {
  async 'inserts, upserts and searches'({ MilvusClient }, address) {
    const client = new MilvusClient({ address })
    await client.createCollection({ collection_name: 'c', dimension: 4, metric_type: 'COSINE' })
    const inserted = await client.insert({ collection_name: 'c', data: ROWS })
    equal([inserted.status.error_code, inserted.insert_cnt], ['Success', '3'])
    const upserted = await client.upsert({
      collection_name: 'c',
      data: [
        { ...ROWS[2], n: 30 },
        { ...ROWS[0], id: 4 },
      ],
    })
    equal(upserted.upsert_cnt, '2')
    const { results } = await client.search({
      collection_name: 'c',
      data: [1, 0.2, 0, 0],
      limit: 2,
      filter: 'color == "blue" or n > 20',
      output_fields: ['n'],
    })
    equal(
      results.map(({ id }) => String(id)),
      ['2', '3'],
    )
    close(results[0].score, 0.2 / Math.sqrt(1.04), 'score')
    equal(Number(results[1].n), 30)
    const queried = await client.query({ collection_name: 'c', filter: 'n in [2, 30]', output_fields: ['n'] })
    equal(queried.data.map(({ n }) => Number(n)).sort(), [2, 30])
    await client.delete({ collection_name: 'c', filter: 'color == "red"' })
    const counted = await client.query({ collection_name: 'c', filter: '', output_fields: ['count(*)'] })
    equal(Number(counted.data[0]['count(*)']), 1)
    await client.closeConnection()
  },

  async 'keeps to a schema'({ MilvusClient, DataType }, address) {
    const client = new MilvusClient({ address })
    await client.createCollection({
      collection_name: 's',
      fields: [
        { name: 'id', data_type: DataType.VarChar, is_primary_key: true, max_length: 10 },
        { name: 'v', data_type: DataType.FloatVector, dim: 2 },
        { name: 'n', data_type: DataType.Int32 },
      ],
      index_params: [{ field_name: 'v', index_type: 'HNSW', metric_type: 'L2', params: { M: 8, efConstruction: 64 } }],
    })
    await client.insert({
      collection_name: 's',
      data: [
        { id: 'a', v: [0, 0], n: 1 },
        { id: 'b', v: [3, 4], n: 2 },
      ],
    })
    const { results } = await client.search({ collection_name: 's', data: [0, 0], limit: 2 })
    equal(
      results.map(({ id, score }) => [id, score]),
      [
        ['a', 0],
        ['b', 25],
      ],
    )
    let refused
    try {
      const answer = await client.insert({ collection_name: 's', data: [{ id: 'c', v: [1, 2, 3], n: 1 }] })
      refused = answer.status.error_code !== 'Success'
    } catch {
      refused = true
    }
    equal(refused, true, 'a vector of another length is refused')
    equal((await client.hasCollection({ collection_name: 'none' })).value, false)
    await client.closeConnection()
  },

  async 'keeps collections on disk'({ MilvusClient }, address) {
    const first = new MilvusClient({ address })
    await first.createCollection({ collection_name: 'kept', dimension: 4 })
    await first.insert({ collection_name: 'kept', data: ROWS })
    await first.closeConnection()
    const second = new MilvusClient({ address })
    const { results } = await second.search({ collection_name: 'kept', data: [0, 0, 1, 0.1], limit: 1 })
    equal(String(results[0].id), '3')
    await second.closeConnection()
  },
}
