// Promise: what a call cannot mean is refused by an error of this dialect that says what was given; nothing is deleted by a filter that
// asks for nothing.

import { expect, it } from 'vitest'
import {
  FulltextIndexConfig,
  getEmbeddingFunction,
  Schema,
  SeekdbValueError,
  VectorIndexConfig,
} from '../../../src/dialect/seekdb/index.ts'
import { CountingEmbedding, embeddingCollection, memoryClient, plainCollection } from './fixtures.ts'

// As a program gives them that puts its conditions into a list which stays empty.
it('deletes nothing by a filter that asks for nothing', async () => {
  const notes = await plainCollection()
  await notes.add({
    ids: ['a', 'b'],
    embeddings: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    documents: ['x', 'y'],
  })
  const nothing = [{ $and: [] }, { $and: [{}, { $and: [] }] }, {}]
  for (const filter of nothing) {
    for (const options of [{ where: filter }, { whereDocument: filter }, { where: filter, whereDocument: filter }]) {
      await expect(notes.delete(options as never)).rejects.toThrow(
        'At least one of ids, where, or whereDocument must be provided',
      )
    }
  }
  expect(await notes.count()).toBe(2)
  await notes.delete({ ids: ['a'], where: { $and: [] } })
  expect((await notes.get()).ids).toEqual(['b'])
})

// They came out as a TypeError of the package's own code.
it('refuses values that have no text, by what they are', async () => {
  const client = memoryClient()
  const notes = await plainCollection()
  const bare = Object.create(null)
  let deep: unknown[] = []
  for (let i = 0; i < 20_000; i++) deep = [deep]
  const calls: [() => unknown, string][] = [
    [
      () => notes.add({ ids: ['a'], embeddings: [[1, 2, 3]], metadatas: [{ deep }] as never }),
      'nested deeper than 100 levels',
    ],
    [() => notes.add({ ids: ['a'], embeddings: [[1, bare, 3]] as never }), 'invalid value: an object'],
    [() => notes.query({ queryEmbeddings: [1, 2, Symbol('s')] as never }), 'invalid value: a symbol'],
    [() => notes.get({ include: [10n] as never }), 'include takes documents'],
    [() => notes.query({ queryEmbeddings: [1, 2, 3], distance: bare }), 'got an object'],
    [() => client.createCollection({ name: 'a', configuration: { dimension: bare } }), 'got an object'],
    [
      () =>
        client.createCollection({
          name: 'a',
          configuration: { dimension: 3, x: 1n } as never,
          embeddingFunction: null,
        }),
      'configuration must be JSON',
    ],
    [() => new FulltextIndexConfig(Symbol('s') as never), 'got a symbol'],
    [() => new Schema({ fulltextIndex: 5 as never }), 'Invalid "fulltextIndex": expected its class, got 5'],
  ]
  for (const [call, text] of calls) {
    const refused = await Promise.resolve()
      .then(call)
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(SeekdbValueError)
    expect((refused as Error).message).toContain(text)
  }
  await expect(client.getCollection({ name: bare })).rejects.toThrow('Collection not found: an object')
  await expect(getEmbeddingFunction(bare)).rejects.toThrow("Embedding function 'an object' is not registered.")
})

it('takes null for options that are not given', async () => {
  const nothing = null as never
  expect(new Schema(nothing).vectorIndex).toBeUndefined()
  expect(new Schema({ vectorIndex: nothing }).toMetadataJson()).toEqual(new Schema().toMetadataJson())
  expect(new VectorIndexConfig(nothing).hnsw).toBeUndefined()
  expect(await memoryClient().listCollections(nothing)).toEqual([])
})

// TypeScript refused what the calls take: null for a document, undefined for what an item does not give, typed arrays.
it('is typed for what it takes', async () => {
  const notes = await plainCollection()
  const vector = new Float32Array([1, 2, 3])
  await notes.add({
    ids: ['a', 'b'],
    embeddings: [vector, [4, 5, 6]],
    documents: ['x', null],
    metadatas: [null, { n: 1 }],
  })
  await notes.upsert({ ids: ['a', 'b'], documents: [undefined, 'y'], metadatas: [{ n: 2 }, undefined] })
  await notes.update({ ids: 'a', embeddings: new Float64Array([3, 2, 1]) })
  expect(await notes.get()).toEqual({
    ids: ['a', 'b'],
    documents: ['x', 'y'],
    metadatas: [{ n: 2 }, { n: 1 }],
    embeddings: [
      [3, 2, 1],
      [4, 5, 6],
    ],
  })
  expect((await notes.query({ queryEmbeddings: vector, nResults: 1 })).ids).toEqual([['a']])
})

// A program that writes what it has found, batch by batch, stopped at a batch without records.
it('does nothing for an empty list of ids, in update and upsert as in the driver', async () => {
  const collection = await plainCollection()
  await collection.add({ ids: 'a', embeddings: [1, 2, 3] })
  await collection.upsert({ ids: [], embeddings: [], documents: [], metadatas: [] })
  await collection.upsert({ ids: [], metadatas: [] })
  await collection.update({ ids: [], documents: [] })
  await collection.update({ ids: [], embeddings: [] })
  await expect(collection.update({ ids: [], documents: 'x' })).rejects.toThrow('Length mismatch: documents vs ids')
  await expect(collection.add({ ids: [], documents: [] })).rejects.toThrow('ids cannot be empty')
  expect(await collection.count()).toBe(1)
  const embedding = new CountingEmbedding()
  const texts = await embeddingCollection(embedding)
  await texts.upsert({ ids: [], documents: [] })
  expect(await texts.count()).toBe(0)
})
