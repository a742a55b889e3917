// Promise: what a collection's schema says holds for every document in it, however it was written; a document that does not comply is that
// document's error, and names the field.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type CollectionOptions,
  open,
  type Schema,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'

const SCHEMA: Schema = {
  title: { type: 'string', required: true },
  likes: 'number',
  'author.name': ['string', 'null'],
  tags: { type: 'array' },
}

async function posts(options: CollectionOptions = { schema: SCHEMA }) {
  const db = await open(':memory:')
  return await db.createCollection('posts', options)
}

describe('a schema', () => {
  it('lets through what complies, other fields included', async () => {
    const collection = await posts()
    const documents = [
      { id: 1, title: 'a' },
      { id: 2, title: '', likes: 1.5, author: { name: null }, tags: [], other: new Date(0) },
      { id: 3, title: 'c', likes: undefined, author: {} },
      { id: 4, title: 'd', author: 'nobody' },
    ]
    expect(await collection.insert(documents)).toMatchObject({ inserted: 4, errors: 0 })
  })

  it.each<[object, string]>([
    [{ id: 1 }, 'field "title" is missing, and the schema requires it: a string'],
    [{ id: 1, title: 5 }, 'field "title" is a string by the schema, got a number'],
    [{ id: 1, title: null }, 'field "title" is a string by the schema, got null'],
    [{ id: 1, title: 'a', likes: true }, 'field "likes" is a number by the schema, got a boolean'],
    [
      { id: 1, title: 'a', author: { name: ['b'] } },
      'field "author.name" is a string or null by the schema, got an array',
    ],
    [{ id: 1, title: 'a', tags: {} }, 'field "tags" is an array by the schema, got an object'],
  ])('refuses %o', async (document, text) => {
    const collection = await posts()
    const result = await collection.insert([{ id: 0, title: 'before' }, document, { id: 2, title: 'behind' }])
    expect(result).toMatchObject({ inserted: 2, errors: 1 })
    expect(result.firstError).toContain(text)
    expect(result.firstError).toMatch(/"posts".*position 1/)
    expect(await collection.has(1)).toBe(false)
    const atomic = await collection.insert([{ id: 5, title: 'x' }, document], { atomic: true })
    expect(atomic).toMatchObject({ inserted: 0, errors: 1 })
    expect(await collection.count()).toBe(2)
  })

  it('holds for upsert, update, replace, functions and conflicts', async () => {
    const collection = await posts()
    await collection.insert({ id: 1, title: 'a', likes: 1 })
    const bad = { likes: 'many' }
    for (const result of [
      await collection.upsert({ id: 1, title: 'a', ...bad }),
      await collection.update(1, bad),
      await collection.update({ likes: 1 }, bad),
      await collection.update(1, () => bad),
      await collection.replace(1, { id: 1, title: 'a', ...bad }),
      await collection.replace(1, () => ({ id: 1 })),
      await collection.insert({ id: 1, ...bad }, { conflict: 'update' }),
      await collection.insert({ id: 1, title: 'z' }, { conflict: () => ({ id: 1, title: 7 }) }),
      await collection.upsert([{ id: 1, title: 'a', ...bad }], { returnChanges: 'always' }),
    ]) {
      expect(result).toMatchObject({ errors: 1, replaced: 0, unchanged: 0 })
      expect(result.firstError).toContain('schema')
    }
    expect(await collection.get(1)).toEqual({ id: 1, title: 'a', likes: 1 })
    expect(await collection.update(1, { author: { name: 'b' } })).toMatchObject({ replaced: 1 })
  })

  it('holds over partitions and shards, and for generated keys', async () => {
    const collection = await posts({ schema: { id: 'string', n: 'number' }, shards: 3 })
    await collection.createPartition('more')
    expect(await collection.insert([{ n: 1 }, { n: 'x' }, { id: 5, n: 2 }], { partition: 'more' })).toMatchObject({
      inserted: 1,
      errors: 2,
    })
    const numbers = await posts({ schema: { id: 'number' } })
    expect((await numbers.insert({})).firstError).toContain('a key is generated as a string')
    expect(await numbers.insert({ id: 1 })).toMatchObject({ inserted: 1 })
  })

  it('is there after reopening and renaming, and in collections()', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quiverdb-schema-'))
    try {
      const db = await open(directory)
      await db.createCollection('posts', { schema: SCHEMA })
      await db.close()
      const again = await open(directory)
      await again.renameCollection('posts', 'articles')
      const collection = again.collection('articles')
      expect((await collection.insert({ id: 1 })).errors).toBe(1)
      const [info] = await again.collections()
      expect(info?.schema).toEqual({
        title: { type: ['string'], required: true },
        likes: { type: ['number'], required: false },
        'author.name': { type: ['string', 'null'], required: false },
        tags: { type: ['array'], required: false },
      })
      await again.createCollection('copy', { schema: info!.schema })
      await again.close()
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it.each<[unknown, new (...args: never[]) => Error, string]>([
    ['string', TypeMismatchError, '{ field: type }'],
    [[], TypeMismatchError, 'got an array'],
    [{ a: 'text' }, UsageError, 'one of string, number, bigint'],
    [{ a: [] }, UsageError, 'name at least one'],
    [{ a: 5 }, TypeMismatchError, 'field "a"'],
    [{ a: { type: 'string', optional: true } }, UnknownOptionError, 'optional'],
    [{ a: { type: 'string', required: 1 } }, TypeMismatchError, 'required'],
    [{ '': 'string' }, UsageError, 'needs a name'],
    [{ v: 'array' }, UsageError, 'declared under vectors'],
  ])('is refused as %j', async (schema, type, text) => {
    const creation = posts({ schema: schema as Schema, vectors: { v: { dimension: 2 } } })
    await expect(creation).rejects.toThrow(type)
    await expect(creation).rejects.toThrow(text)
  })
})
