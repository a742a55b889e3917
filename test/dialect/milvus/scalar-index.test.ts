// Promise: indexes over fields that are no vectors are used by filters, and change no answer.

import { expect, it, vi } from 'vitest'
import { DataType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { open } from '../../../src/index.ts'
import { client, INDEX, idsOf, KEY, SUCCESS, VECTOR } from './fixture.ts'

const WORDS = ['red', 'green', 'blue', 'violet']

const FIELDS = [
  { name: 'likes', data_type: DataType.Int32, nullable: true },
  { name: 'price', data_type: DataType.Float },
  { name: 'name', data_type: DataType.VarChar, max_length: 64 },
  { name: 'flag', data_type: DataType.Bool },
  { name: 'tags', data_type: DataType.Array, element_type: DataType.VarChar, max_capacity: 4, max_length: 16 },
  { name: 'info', data_type: DataType.JSON },
  { name: 'text', data_type: DataType.VarChar, max_length: 200, enable_analyzer: true, enable_match: true },
]

const rowOf = (id: number) => ({
  id,
  vector: [id, 1, 0, 0],
  likes: id % 7 === 0 ? null : id % 50,
  price: id / 10,
  name: `${WORDS[id % 4]}-${id}`,
  flag: id % 3 === 0,
  tags: [WORDS[id % 4]!, `t${id % 100}`],
  info: { a: { b: id % 100 }, s: WORDS[id % 4] },
  text: `the ${WORDS[id % 4]} fox number ${id % 10}`,
  color: `c${id % 100}`,
})

const INDEXES = [
  { field_name: 'likes', index_type: 'STL_SORT' },
  { field_name: 'price', index_type: 'AUTOINDEX' },
  { field_name: 'name', index_type: 'Trie' },
  { field_name: 'tags', index_type: 'INVERTED' },
  {
    field_name: 'info',
    index_name: 'deep',
    index_type: 'INVERTED',
    params: { json_path: 'info["a"]["b"]', json_cast_type: 'double' },
  },
  { field_name: 'color', index_type: 'INVERTED', params: { json_path: 'color', json_cast_type: 'varchar' } },
]

/** Filters, and the number of the index that they go through: its place among INDEXES. */
const FILTERS: [filter: string, index: number | undefined][] = [
  ['likes == 5', 0],
  ['likes > 47', 0],
  ['likes in [3, 4]', 0],
  ['likes != 3', undefined],
  ['not (likes == 3)', undefined],
  ['likes is null', undefined],
  ['1.0 <= price < 2.5', 1],
  ['price == 0.7', 1],
  ['name == "red-4"', 2],
  ['name like "violet-1%"', 2],
  ['name like "%-1"', undefined],
  ['array_contains(tags, "t7")', 3],
  ['array_contains_any(tags, ["t7", "t8"])', 3],
  ['info["a"]["b"] == 12', 4],
  ['info["a"]["b"] > 97 and flag == true', 4],
  ['info["s"] == "red"', undefined],
  ['color == "c5"', 5],
  ['$meta["color"] in ["c5", "c6"]', 5],
  ['flag == true', undefined],
]

async function filled(made: MilvusClient): Promise<void> {
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, VECTOR, ...FIELDS],
    enable_dynamic_field: true,
    index_params: [INDEX],
  } as never)
  const data = Array.from({ length: 3_000 }, (_, id) => rowOf(id))
  expect((await made.insert({ collection_name: 'c', data })).status).toEqual(SUCCESS)
}

it('answers filters through the indexes that are there', async () => {
  const database = await open(':memory:')
  const made = client({ database })
  await filled(made)
  const before = []
  for (const [filter] of FILTERS) before.push(await idsOf(made, filter))
  for (const index of INDEXES) {
    expect(await made.createIndex({ collection_name: 'c', ...index } as never)).toEqual(SUCCESS)
  }
  const described = await made.describeIndex({ collection_name: 'c' })
  const kinds = described.index_descriptions.map((one) => (one as { actual_index_type?: string }).actual_index_type)
  expect(kinds.slice(1)).toEqual(['STL_SORT', 'STL_SORT', 'STL_SORT', 'INVERTED', 'STL_SORT', 'STL_SORT'])
  const numbers = described.index_descriptions.slice(1).map(({ indexID }) => `milvus.scalar.${indexID}`)
  const rowsNow = async () => {
    const collections = await database.collections()
    return database.collection(collections.find(({ name }) => name.startsWith('c'))!.name)
  }
  const find = vi.spyOn(Object.getPrototypeOf(await rowsNow()), 'find')
  /** The index that the dialect's way of asking goes through. */
  const planOf = async (filter: string) => {
    await idsOf(made, filter)
    const [asked] = find.mock.lastCall as [{ filter: object }]
    const { plan, index } = await (await rowsNow()).find({ filter: asked.filter as never }).explain()
    return plan === 'index' ? index : undefined
  }
  for (const [i, [filter, index]] of FILTERS.entries()) {
    expect([filter, await planOf(filter)]).toEqual([filter, index === undefined ? undefined : numbers[index]])
    expect([filter, await idsOf(made, filter)]).toEqual([filter, before[i]])
  }
  expect(await planOf('text_match(text, "violet")')).toBe('milvus.match.text')
  expect(await idsOf(made, 'text_match(text, "violet") and id < 20')).toEqual([3, 7, 11, 15, 19])

  const nearest = { collection_name: 'c', data: [0, 1, 0, 0], filter: 'likes == 5', limit: 3, output_fields: ['id'] }
  expect((await made.search(nearest)).results.map(({ id }) => id)).toEqual(['5', '55', '155'])
  const gone = await made.delete({ collection_name: 'c', filter: 'color == "c5"' })
  expect(gone.delete_count).toBe(30)
  expect(await idsOf(made, 'color == "c5"')).toEqual([])

  expect(await made.dropIndex({ collection_name: 'c', index_name: 'likes' })).toEqual(SUCCESS)
  expect(await planOf('likes == 5')).toBeUndefined()
  expect(await planOf('price < 1')).toBe(numbers[1])
  expect(await made.truncateCollection({ collection_name: 'c' })).toMatchObject({ status: SUCCESS })
  expect(await planOf('price < 1')).toBe(numbers[1])
  find.mockRestore()
  await made.closeConnection()
  await database.close()
})

it('takes each type of index for what it can do', async () => {
  const made = client()
  await filled(made)
  for (const [field_name, index_type, kind] of [
    ['name', 'NGRAM', 'NONE'],
    ['flag', 'BITMAP', 'STL_SORT'],
    ['tags', 'BITMAP', 'INVERTED'],
    ['info', 'INVERTED', 'NONE'],
  ] as const) {
    const params = index_type === 'NGRAM' ? { min_gram: 2, max_gram: 3 } : {}
    expect(await made.createIndex({ collection_name: 'c', field_name, index_type, params })).toEqual(SUCCESS)
    const { index_descriptions } = await made.describeIndex({ collection_name: 'c', field_name })
    expect(index_descriptions[0]).toMatchObject({ actual_index_type: kind })
  }
  expect(await made.dropCollectionField({ collection_name: 'c', field_name: 'flag' })).toEqual(SUCCESS)
  expect((await made.insert({ collection_name: 'c', data: [{ ...rowOf(5_000), flag: 'x' }] })).status).toEqual(SUCCESS)
  expect(await idsOf(made, 'id == 5000')).toEqual([5000])
})

it('refuses an index that its field cannot have, and parameters that mean nothing: they were taken and described', async () => {
  const made = client()
  await filled(made)
  const refused = async (field_name: string, index_type: string, params: object = {}) => {
    const { error_code } = await made.createIndex({ collection_name: 'c', field_name, index_type, params } as never)
    return error_code !== 'Success'
  }
  for (const [field, type, params] of [
    ['likes', 'Trie'],
    ['flag', 'STL_SORT'],
    ['tags', 'STL_SORT'],
    ['tags', 'Trie'],
    ['price', 'BITMAP'],
    ['id', 'BITMAP'],
    ['name', 'RTREE'],
    ['name["key"]', 'INVERTED'],
    ['likes', 'NGRAM', { min_gram: 2, max_gram: 3 }],
    ['name', 'NGRAM'],
    ['name', 'NGRAM', { min_gram: 3, max_gram: 2 }],
    ['info', 'INVERTED', { json_path: 'info["a"]', json_cast_type: 'int64' }],
    ['info', 'INVERTED', { json_path: 'other["a"]', json_cast_type: 'varchar' }],
    ['info', 'INVERTED', { json_path: 'info[', json_cast_type: 'varchar' }],
    ['info', 'INVERTED', { json_path: 'info["a"]', json_cast_type: 'double', json_cast_function: 'NOPE' }],
    ['info', 'INVERTED', { json_path: 'info["a"]', json_cast_type: 'bool', json_cast_function: 'STRING_TO_DOUBLE' }],
    ['vector', 'IVF_PQ', { m: 3 }],
  ] as const) {
    expect([field, type, params, await refused(field, type, params)]).toEqual([field, type, params, true])
  }
  for (const [cast, convert] of [
    ['double', 'STRING_TO_DOUBLE'],
    ['ARRAY_VARCHAR', undefined],
    ['json', undefined],
  ] as const) {
    const params = { json_path: `info["a"]["${cast}"][0]`, json_cast_type: cast, json_cast_function: convert }
    const index = { collection_name: 'c', field_name: 'info', index_name: cast, index_type: 'INVERTED', params }
    expect(await made.createIndex(index as never)).toEqual(SUCCESS)
  }
  const alter = (params: object) =>
    made.alterIndexProperties({ collection_name: 'c', index_name: 'double', params: params as never })
  expect(await alter({ 'mmap.enabled': 'yes' })).toMatchObject({ code: 1100 })
  expect(await alter({ json_cast_type: 'bool' })).toMatchObject({ code: 1100 })
  expect(await alter({ 'mmap.enabled': false })).toEqual(SUCCESS)
})
