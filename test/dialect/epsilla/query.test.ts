// Promise: queries find, measure, facet and fuse as Epsilla's do.

import { describe, expect, it } from 'vitest'
import type { EpsillaDB, EpsillaResponse } from '../../../src/dialect/epsilla/index.ts'
import { EpsillaDB as Client } from '../../../src/dialect/epsilla/index.ts'
import { client, FIELDS, ids, RECORDS, withRecords } from './samples.ts'

const QUERY = [0.35, 0.55, 0.47, 0.94]

async function withMetric(metricType: string): Promise<EpsillaDB> {
  const db = await client()
  await db.createTable('MyTable', [...FIELDS.slice(0, 2), { ...FIELDS[2]!, metricType }])
  await db.insert('MyTable', RECORDS)
  return db
}

describe('dense', () => {
  it.each<[string, number[], number]>([
    ['EUCLIDEAN', [3, 1, 5], 0.0001],
    ['COSINE', [3, 1, 5], 0.00003],
    ['DOT_PRODUCT', [3, 1, 4], -1.533],
  ])('%s', async (metric, expected, distance) => {
    const db = await withMetric(metric)
    const call = db.query('MyTable', { queryField: 'Embedding', queryVector: QUERY, limit: 3, withDistance: true })
    const { result, message } = (await call) as EpsillaResponse<Record<string, number>[]>
    expect(message).toBe('Query search successfully.')
    const measure = ({ Embedding }: { Embedding: number[] }) => {
      const dot = (a: number[], b: number[]) => a.reduce((sum, lane, i) => sum + lane * b[i]!, 0)
      if (metric === 'EUCLIDEAN') return Embedding.reduce((sum, lane, i) => sum + (lane - QUERY[i]!) ** 2, 0)
      if (metric === 'DOT_PRODUCT') return -dot(Embedding, QUERY)
      return 1 - dot(Embedding, QUERY) / Math.sqrt(dot(Embedding, Embedding) * dot(QUERY, QUERY))
    }
    const ranked = RECORDS.map((record) => ({ ID: record.ID, distance: measure(record) }))
    ranked.sort((a, b) => a.distance - b.distance)
    expect(result!.map(({ ID }) => ID)).toEqual(ranked.slice(0, 3).map(({ ID }) => ID))
    expect(expected[0]).toBe(result![0]!['ID'])
    result!.forEach((record, i) => {
      expect(record['@distance']).toBeCloseTo(ranked[i]!.distance, 5)
    })
    expect(result![0]!['@distance']).toBeCloseTo(distance, 3)
  })

  it('answers the fields asked for, filtered before the limit', async () => {
    const db = await withRecords()
    const call = db.query('MyTable', { queryVector: QUERY, limit: 2, response: ['Doc'], filter: 'ID <> 3' })
    const { result } = (await call) as EpsillaResponse<object[]>
    expect(result).toHaveLength(2)
    expect(Object.keys(result![0]!)).toEqual(['Doc'])
    expect(await ids(db.query('MyTable', { queryVector: QUERY, limit: 0 }))).toEqual([])
    expect(await ids(db.query('MyTable', { queryVector: QUERY, limit: 900 }))).toHaveLength(5)
  })

  it.each<[object, number, string]>([
    [
      { queryField: 'V', queryIndex: 'I', limit: 1 },
      400,
      'Can only specify either queryField or queryIndex, but not both.',
    ],
    [{ queryVector: QUERY }, 400, 'limit is missing in your payload.'],
    [{ queryVector: { values: [1] }, limit: 1 }, 400, 'missing indices field for sparse vector'],
    [{ queryVector: { indices: [1] }, limit: 1 }, 400, 'missing values field for sparse vector'],
    [
      { queryVector: { indices: [1], values: [] }, limit: 1 },
      400,
      'sparse vector indices and values array are of different sizes.',
    ],
    [{ limit: 1 }, 400, 'query or queryVector must be provided.'],
    [{ query: 'x', limit: 1 }, 400, 'There is no index in the table. Cannot search by query content.'],
    [{ queryField: 'Nope', queryVector: QUERY, limit: 1 }, 500, 'Field name not found: Nope'],
    [{ queryField: 'Doc', queryVector: QUERY, limit: 1 }, 500, 'Field type is not vector.'],
    [
      { queryVector: { indices: [1], values: [1] }, limit: 1 },
      500,
      'Query vector and field vector type must be both dense or sparse',
    ],
    [{ queryVector: [1], limit: 1 }, 500, "Query dimension doesn't match the vector field dimension."],
    [{ queryVector: QUERY, limit: 1, response: ['Nope'] }, 500, 'Field name not found: Nope'],
  ])('refuses %j', async (config, statusCode, message) => {
    const db = await withRecords()
    expect(await db.query('MyTable', config as never)).toEqual({ statusCode, message })
  })

  it('wants the field named where there are several', async () => {
    const db = await client()
    await db.createTable('t', [...FIELDS, { name: 'W', dataType: 'VECTOR_FLOAT', dimensions: 1 }])
    expect(await db.query('t', { queryVector: QUERY, limit: 1 })).toEqual({
      statusCode: 400,
      message: 'Must specify queryField if there are more than 1 vector fields.',
    })
  })
})

describe('sparse', () => {
  const rows = [
    { ID: 1, S: { indices: [0, 3], values: [1, 2] } },
    { ID: 2, S: { indices: [3], values: [2] } },
    { ID: 3, S: { indices: [5, 9], values: [4, -1] } },
  ]

  it.each<[string, number[]]>([
    ['EUCLIDEAN', [1, 0, 21]],
    ['DOT_PRODUCT', [-4, -4, 0]],
    ['COSINE', [1 - 2 / Math.sqrt(5), 0, 1]],
  ])('%s', async (metricType, distances) => {
    const db = await client()
    await db.createTable('t', [
      { name: 'ID', primaryKey: true },
      { name: 'S', dataType: 'SPARSE_VECTOR_FLOAT', dimensions: 10, metricType },
    ])
    const bad = [
      { indices: [], values: [] },
      { indices: [2, 1], values: [1, 1] },
      { indices: [10], values: [1] },
      { indices: [1], values: [1, 2] },
      [1, 2],
    ]
    const skipped = bad.map((S, i) => ({ ID: 10 + i, S }))
    expect(await db.insert('t', [...rows, ...skipped])).toMatchObject({ result: { inserted: 3, skipped: 5 } })
    const call = db.query('t', { queryVector: { indices: [3], values: [2] }, limit: 5, withDistance: true })
    const { result } = (await call) as EpsillaResponse<Record<string, number>[]>
    const expected = rows.map(({ ID }, i) => ({ ID, distance: distances[i]! }))
    expected.sort((a, b) => a.distance - b.distance)
    expect(result!.map(({ ID }) => ID)).toEqual(expected.map(({ ID }) => ID))
    result!.forEach((record, i) => {
      expect(record['@distance']).toBeCloseTo(expected[i]!.distance, 5)
    })
  })
})

describe('facets', () => {
  async function cities(): Promise<EpsillaDB> {
    const db = await client()
    await db.createTable('t', [
      { name: 'ID', primaryKey: true },
      { name: 'City', dataType: 'STRING' },
      { name: 'N', dataType: 'INT' },
      { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 1 },
    ])
    await db.insert('t', [
      { ID: 1, City: 'A', N: 3, V: [1] },
      { ID: 2, City: 'B', N: 5, V: [2] },
      { ID: 3, City: 'A', N: 4, V: [3] },
    ])
    return db
  }

  it('aggregate over groups', async () => {
    const db = await cities()
    const facets = [
      { group: ['City'], aggregate: ['COUNT(*)', 'sum(N * 2)'] },
      { aggregate: ['MIN(N)', 'Max(ID)', 'SUM(City)'] },
      { group: ['N % 2'], aggregate: ['COUNT(*)'] },
    ]
    const expected = [
      [
        { City: 'A', 'COUNT(*)': 2, 'sum(N * 2)': 14 },
        { City: 'B', 'COUNT(*)': 1, 'sum(N * 2)': 10 },
      ],
      [{ 'MIN(N)': 3, 'Max(ID)': 3, 'SUM(City)': 0 }],
      [
        { 'N % 2': 1, 'COUNT(*)': 2 },
        { 'N % 2': 0, 'COUNT(*)': 1 },
      ],
    ]
    expect(await db.get('t', { facets })).toMatchObject({ result: expected })
    expect(await db.get('t', { facets, response: ['ID'] })).toMatchObject({
      result: { records: [{ ID: 1 }, { ID: 2 }, { ID: 3 }], facets: expected },
    })
    expect(await db.get('t', { facets, filter: 'ID > 5' })).toMatchObject({ result: [[], [], []] })
    const near = { queryVector: [1], limit: 2, facets: [{ aggregate: ['MAX(@distance)'] }] }
    expect(await db.query('t', near)).toMatchObject({ result: [[{ 'MAX(@distance)': 1 }]] })
    expect(await ids(db.get('t', { facets: [] }))).toEqual([1, 2, 3])
  })

  it.each<[object, string]>([
    [{ group: ['City'] }, 'Aggregation is not specified.'],
    [{ aggregate: ['AVG(N)'] }, 'Invalid aggregation expression: AVG(N)'],
    [{ aggregate: ['COUNT(N)'] }, 'Invalid aggregation expression: COUNT(N)'],
    [{ group: ['City', 'N'], aggregate: ['COUNT(*)'] }, 'Multi-expression group is not supported yet: ["City","N"]'],
    [{ aggregate: ['SUM(nope)'] }, "Invalid filter expression: field name 'nope' not found."],
    [{ group: ['V'], aggregate: ['COUNT(*)'] }, "Type of field 'V' is not supported in filter expression."],
    [{ aggregate: ['SUM(N +)'] }, 'Filter expression is invalid.'],
  ])('are refused: %j', async (facet, message) => {
    const db = await cities()
    expect(await db.get('t', { facets: [facet as never] })).toEqual({ statusCode: 500, message })
  })
})

describe('the search engine', () => {
  it('fuses lists', async () => {
    const db = await withRecords()
    const engine = db.asSearchEngine()
    await expect(engine.search('x')).rejects.toThrow('No retriever added to the search engine')
    engine.addRetriever({ table: 'MyTable', queryField: 'Embedding', queryVector: QUERY, limit: 3, response: ['ID'] })
    expect((await engine.search('x')).map((one) => one['@id'])).toEqual([3, 1, 5])
    engine.addRetriever({ table: 'MyTable', queryVector: [0.18, 0.01, 0.85, 0.8], limit: 3 })
    await expect(engine.search('x')).rejects.toThrow(
      'More than one retriever added to the search engine, but no reranker is set',
    )
    expect(() => engine.setReranker('best')).toThrow('Invalid reranker type: best')
    engine.setReranker('rrf', { weights: [1, 3], limit: 2 })
    const fused = await engine.search('x')
    expect(fused).toHaveLength(2)
    // In both lists: 1/52 + 3/52, where the best of the second has 3/51.
    expect(fused[0]!['@id']).toBe(1)
    engine.setReranker('rrf', { k: 0, limit: 2 })
    // 1/1 + 0 and 1/2 + 1/2 or 1/3.
    expect((await engine.search('x'))[0]!['@id']).toBe(3)
    engine.setReranker('rrf', { weights: [1] })
    await expect(engine.search('x')).rejects.toThrow('The length of weights should be equal')
    engine.setReranker('relative_score_fusion')
    expect((await engine.search('x'))[0]!['@id']).toBe(3)
    engine.setReranker('dbsf', { scaleRanges: [[0, 1]] })
    await expect(engine.search('x')).rejects.toThrow('The length of scaleRanges should be equal')
    engine.setReranker('dbsf', {
      scaleRanges: [
        [0, 1],
        [0, 1],
      ],
    })
    expect(await engine.search('x')).not.toHaveLength(0)
  })

  it('takes a retriever as the manual writes it, the table in front', async () => {
    const db = await withRecords()
    const config = { queryField: 'Embedding', queryVector: QUERY, limit: 3, response: ['ID'] }
    const engine = db.asSearchEngine().addRetriever('MyTable', config)
    expect((await engine.search('x')).map((one) => one['@id'])).toEqual([3, 1, 5])
  })

  it('wants the key among the fields', async () => {
    const db = await withRecords()
    const engine = db.asSearchEngine()
    engine.addRetriever({ table: 'MyTable', queryVector: QUERY, response: ['Doc'] })
    await expect(engine.search('x')).rejects.toThrow(
      'Primary key field ID not found in the response from table MyTable',
    )
  })
})

// A record that was inserted after another had been deleted took its slot in the engine, and came before older ones just as near.
it('answers records that are just as near in the order they were inserted, however many are asked for', async () => {
  const db = await client()
  await db.createTable('t', [
    { name: 'ID', dataType: 'INT', primaryKey: true },
    { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 },
    { name: 'S', dataType: 'SPARSE_VECTOR_FLOAT', dimensions: 2 },
  ])
  const record = (ID: number) => ({ ID, V: [1, 1], S: { indices: [0], values: [1] } })
  await db.insert('t', [1, 2, 3, 4].map(record))
  await db.delete('t', { primaryKeys: [1] })
  await db.insert('t', [record(5), { ...record(6), V: [0, 1] }])
  for (const limit of [0, 1, 2, 3, 4, Number.MAX_SAFE_INTEGER]) {
    const expected = [2, 3, 4, 5].slice(0, limit)
    const filter = 'ID < 6'
    for (const response of [undefined, ['ID']]) {
      const dense = { queryField: 'V', queryVector: [1, 1], limit, ...(response && { response }) }
      expect(await ids(db.query('t', { ...dense, filter }))).toEqual(expected)
      expect(await ids(db.query('t', { ...dense, filter: `${filter} AND @distance < 9` }))).toEqual(expected)
      expect((await ids(db.query('t', dense))).slice(0, 4)).toEqual(expected)
    }
    const sparse = { queryField: 'S', queryVector: { indices: [0], values: [1] }, limit, filter }
    expect(await ids(db.query('t', sparse))).toEqual(expected)
  }
})

describe('indices', () => {
  const letters = (text: string) => Array.from('abc', (letter) => text.split(letter).length - 1 + 0.01)
  const embedders = { letters: async (texts: string[]) => texts.map(letters) }
  const fields = [
    { name: 'ID', primaryKey: true },
    { name: 'Doc', dataType: 'STRING' },
  ]

  it('embed a field, hidden, and are queried by text', async () => {
    const db = new Client({ embedders })
    await db.loadDB(':memory:', 'embedded')
    db.useDB('embedded')
    const made = await db.createTable('t', fields, [{ name: 'Index', field: 'Doc', model: 'letters' }])
    expect(made).toMatchObject({ statusCode: 200 })
    await db.insert('t', [
      { ID: 1, Doc: 'aaa' },
      { ID: 2, Doc: 'bbb' },
      { ID: 3, Doc: 'cab' },
    ])
    expect(await db.get('t', { primaryKeys: [1] })).toMatchObject({ result: [{ ID: 1, Doc: 'aaa' }] })
    const { result } = (await db.get('t')) as EpsillaResponse<object[]>
    expect(Object.keys(result![0]!)).toEqual(['ID', 'Doc'])
    expect(await ids(db.query('t', { query: 'bb', limit: 1 }))).toEqual([2])
    expect(await ids(db.query('t', { query: 'abc', queryIndex: 'Index', limit: 1 }))).toEqual([3])
  })

  it.each<[object, object, string]>([
    [{}, { name: 'I', field: 'Doc' }, 'Failed to load supported embedding models.'],
    [{ embedders }, { name: 'I', field: 'Doc', model: 'gpt' }, 'Embedding model is not supported: gpt'],
    [{ embedders }, { name: 'I', field: 'ID', model: 'letters' }, 'Only string fields can be indexed.'],
    [{ embedders }, { name: 'I', field: 'Nope', model: 'letters' }, 'Field name not found: Nope'],
    [{ embedders }, { name: 'Doc', field: 'Doc', model: 'letters' }, 'Index name cannot be the same as a field name.'],
    [
      { embedders },
      { name: '1', field: 'Doc', model: 'letters' },
      "Index name should start with a letter or '_' and can contain only letters, digits, and underscores.",
    ],
  ])('are refused: %j %j', async (config, index, message) => {
    const db = new Client(config)
    await db.loadDB(':memory:', 'refusing')
    db.useDB('refusing')
    expect(await db.createTable('t', fields, [index as never])).toEqual({ statusCode: 500, message })
    await db.unloadDB('refusing')
  })

  it('are not called alike', async () => {
    const db = new Client({ embedders })
    await db.loadDB(':memory:', 'alike')
    db.useDB('alike')
    const index = { name: 'I', field: 'Doc', model: 'letters' }
    const message = 'Index names can not be duplicated.'
    expect(await db.createTable('t', fields, [index, index])).toEqual({ statusCode: 500, message })
    await db.unloadDB('alike')
  })
})
