// Promise: what users hold in a framework's state stays what it is. Vue makes proxies of what calls itself a plain object, and methods
// called on one find no private fields: `ref(await open(...))` refused every call with a TypeError.

import { FakeEmbeddings } from '@langchain/core/utils/testing'
import { expect, it } from 'vitest'
import { EpsillaDB, VectorDB } from '../../../src/dialect/epsilla/index.ts'
import { MilvusClient } from '../../../src/dialect/milvus/index.ts'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { SeekdbAdminClient, SeekdbClient } from '../../../src/dialect/seekdb/index.ts'
import { open } from '../../../src/index.ts'
import { QuiverVectorStore } from '../../../src/langchain/index.ts'

it('every handle says its kind', async () => {
  const db = await open(':memory:')
  const notes = await db.createCollection('notes')
  const connection = await r.connect()
  await r.tableCreate('posts').run(connection)
  const milvus = new MilvusClient({ address: ':memory:' })
  const seekdb = new SeekdbClient({ path: ':memory:' })
  const configuration = { dimension: 1, distance: 'l2' } as const
  const records = await seekdb.createCollection({ name: 'notes', configuration, embeddingFunction: null })
  const handles = [
    ...[db, notes, notes.find()],
    ...[connection, await r.table('posts').run(connection), await r.table('posts').changes().run(connection)],
    ...[milvus, milvus.session('one'), new EpsillaDB(), new VectorDB('one', new EpsillaDB())],
    ...[seekdb, records, new SeekdbAdminClient({ path: ':memory:' }), new QuiverVectorStore(new FakeEmbeddings())],
  ]
  expect(handles.map((handle) => Object.prototype.toString.call(handle).slice(8, -1))).toEqual([
    ...['Database', 'Collection', 'Cursor', 'Connection', 'Cursor', 'Feed'],
    ...['MilvusClient', 'MilvusClientSession', 'EpsillaDB', 'VectorDB'],
    ...['SeekdbClient', 'Collection', 'SeekdbAdminClient', 'QuiverVectorStore'],
  ])
  expect(Array.isArray(await r.table('posts').coerceTo('array').run(connection))).toBe(true)
  await connection.close()
  await milvus.closeConnection()
  await seekdb.close()
  await db.close()
})
