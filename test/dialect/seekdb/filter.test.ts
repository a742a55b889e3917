// Promise: `where` and `whereDocument` match what the reference's tables say, in every call that takes them.

import { describe, expect, it } from 'vitest'
import { type Collection, SeekdbValueError } from '../../../src/dialect/seekdb/index.ts'
import { plainCollection } from './fixtures.ts'

const METADATAS = [
  { n: 1, s: 'one', b: true, nested: { k: 'x' } },
  { n: 2, s: 'two', b: false, 'nested.k': 'literal', nested: { k: 'x' } },
  { n: 3, s: 'Two', list: [1, 2] },
  { n: '3', nothing: null },
  null,
]
const DOCUMENTS = ['Hello World', 'hello there', '100% of_it', '', null]

async function filled(): Promise<Collection> {
  const collection = await plainCollection()
  await collection.add({
    ids: ['a', 'b', 'c', 'd', 'e'],
    embeddings: METADATAS.map((_, index) => [index, 0, 0]),
    documents: DOCUMENTS as string[],
    metadatas: METADATAS as never,
  })
  return collection
}

async function matches(options: { where?: unknown; whereDocument?: unknown }): Promise<string> {
  const collection = await filled()
  const { ids } = await collection.get(options as never)
  const viaIds = await collection.get({ ...options, ids: ['e', 'd', 'c', 'b', 'a'] } as never)
  expect(viaIds.ids).toEqual(ids)
  const query = await collection.query({ ...options, queryEmbeddings: [0, 0, 0] } as never)
  expect(query.ids[0]).toEqual(ids)
  await collection.delete(options as never).catch((error: unknown) => {
    if (ids.length < 5) throw error
  })
  expect((await collection.get()).ids.filter((id) => ids.includes(id))).toEqual(ids.length === 5 ? ids : [])
  return ids.join('')
}

describe('where', () => {
  it.each([
    [{ n: 1 }, 'a'],
    [{ n: { $eq: 3 } }, 'c'],
    [{ s: 'two' }, 'b'],
    [{ b: false }, 'b'],
    [{ n: { $ne: 1 } }, 'bcd'],
    [{ b: { $ne: true } }, 'b'],
    [{ n: { $gt: 1 } }, 'bc'],
    [{ n: { $gte: 1, $lt: 3 } }, 'ab'],
    [{ n: { $lte: 1 } }, 'a'],
    [{ s: { $gt: 'one' } }, 'b'],
    [{ n: { $in: [1, '3'] } }, 'ad'],
    [{ n: { $in: [] } }, ''],
    [{ n: { $nin: [1, 2] } }, 'cd'],
    [{ b: { $nin: [] } }, 'ab'],
    [{ list: { $in: [1] } }, ''],
    [{ list: [1, 2] }, 'c'],
    [{ nothing: null }, 'd'],
    [{ nested: { k: 'x' } }, 'ab'],
    [{ 'nested.k': 'x' }, 'a'],
    [{ 'nested.k': 'literal' }, 'b'],
    [{ n: 1, s: 'one' }, 'a'],
    [{ $or: [{ n: 1 }, { s: 'Two' }] }, 'ac'],
    [{ $and: [{ n: { $gt: 1 } }, { s: 'two' }] }, 'b'],
    [{ $not: { n: 1 } }, 'bcd'],
    [{ $not: { b: true } }, 'b'],
    [{ n: { $gt: 0 }, $or: [{ s: 'one' }, { $not: { s: 'two' } }] }, 'ac'],
    [{ '#id': { $in: ['a', 'e'] } }, 'ae'],
    [{ _id: 'b' }, 'b'],
    [{ $or: [] }, ''],
    [{ $not: {} }, ''],
    [{}, 'abcde'],
  ])('%j', async (where, expected) => {
    expect(await matches({ where })).toBe(expected)
  })

  it.each([
    { n: { $regex: 'x' } },
    { $xor: [] },
    { n: { $gt: 1, x: 2 } },
    { n: { $in: 1 } },
    { $and: {} },
    { $and: ['x'] },
    { $not: [] },
    { n: { $not: { $gt: 1 } } },
    { n: { $eq: Number.NaN } },
    { n: undefined },
    'n = 1',
    [],
  ])('refuses %j', async (where) => {
    const collection = await filled()
    for (const call of [
      () => collection.get({ where } as never),
      () => collection.query({ where, queryEmbeddings: [0, 0, 0] } as never),
      () => collection.delete({ where } as never),
      () => collection.delete({ ids: ['a'], where } as never),
    ]) {
      await expect(call()).rejects.toThrow(SeekdbValueError)
    }
    expect(await collection.count()).toBe(5)
  })
})

describe('whereDocument', () => {
  it.each([
    [{ $contains: 'hello' }, 'ab'],
    [{ $contains: 'o w' }, 'a'],
    [{ $contains: '100%' }, 'c'],
    [{ $contains: '%' }, 'c'],
    [{ $contains: 'f_i' }, 'c'],
    [{ $not_contains: 'hello' }, 'cd'],
    [{ $regex: '^hello' }, 'b'],
    [{ $regex: '\\d+' }, 'c'],
    [{ $or: [{ $contains: 'world' }, { $contains: 'there' }] }, 'ab'],
    [{ $and: [{ $contains: 'hello' }, { $regex: 'there$' }] }, 'b'],
    [{ $contains: 'hello', $not_contains: 'world' }, 'b'],
  ])('%j', async (whereDocument, expected) => {
    expect(await matches({ whereDocument })).toBe(expected)
  })

  it.each([
    { $like: 'x' },
    { contains: 'x' },
    { $contains: 1 },
    { $not: { $contains: 'x' } },
    { $regex: '(' },
    { $or: 1 },
  ])('refuses %j', async (whereDocument) => {
    const collection = await filled()
    await expect(collection.get({ whereDocument } as never)).rejects.toThrow(SeekdbValueError)
    await expect(collection.delete({ whereDocument } as never)).rejects.toThrow(SeekdbValueError)
    expect(await collection.count()).toBe(5)
  })

  it('goes with where', async () => {
    expect(await matches({ where: { n: { $gte: 2 } }, whereDocument: { $contains: 'hello' } })).toBe('b')
  })
})
