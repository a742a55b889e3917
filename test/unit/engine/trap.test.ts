// Promise: after a trap of the core, which has left its memory in the midst of a write, nothing more is written by whatever door; reads go on.
// After a refusal of the core everything goes on.

import { expect, it } from 'vitest'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { type Direct, directOf } from '../../../src/engine/direct.ts'
import { type Collection, open } from '../../../src/engine/index.ts'
import { STATES } from '../../../src/engine/state.ts'
import { LimitError, PoisonedError } from '../../../src/error/index.ts'
import { CollectionShapes, get, optionsFor, Partition, upsert } from '../../core/partitions.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

async function* source() {
  yield { id: 2 }
}

// After a trap below a stream or a query of RethinkDB's language others went on writing to what was left.
it.each<[string, (posts: Collection, direct: Direct) => unknown, ('runOne' | 'commitBatch')?]>([
  ['insert', (posts) => posts.insert([{ id: 2 }])],
  ['an insert of a stream', (posts) => posts.insert(source())],
  ['a direct insert', (_, direct) => direct.insert([{ id: 2 }, { id: 3 }], false, false)],
  ['a direct insert of one', (_, direct) => direct.insert([{ id: 2 }], false, false), 'runOne'],
  ['its commit', (_, direct) => direct.insert([{ id: 2 }, { id: 3 }], false, false), 'commitBatch'],
  [
    'a direct write',
    (_, direct) => {
      const write = direct.begin(false)
      write.put({ id: 2 })
      write.settle()
    },
  ],
])('nothing is written after a trap below %s', async (_, write, step) => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  await posts.insert({ id: 1 })
  const { store } = STATES.get(posts)!.parts[0]!
  store[step ?? 'runStaged'] = () => {
    throw new WebAssembly.RuntimeError('unreachable')
  }
  await expect((async () => await write(posts, directOf(posts)!))()).rejects.toThrow('unreachable')
  await expect(posts.insert({ id: 4 })).rejects.toThrow(PoisonedError)
  expect(() => directOf(posts)!.insert([{ id: 4 }], false, false)).toThrow(PoisonedError)
  expect(await posts.get(1)).toEqual({ id: 1 })
  await db.close()
})

// A document that a write was about to delete when the core trapped was missing in the snapshot that closing left, and in a compacted log:
// it was gone, though nothing had deleted it.
it.each([
  ['a trap', new WebAssembly.RuntimeError('unreachable')],
  ['a stack that overflows in the core', new RangeError('Maximum call stack size exceeded')],
])('what is on the medium stays as it was after %s', async (_, failure) => {
  const medium = new SimulatedMedium()
  const optionsOf = () => optionsFor(medium.reopen(), { buildDocumentsMax: 0 })
  const partition = await Partition.create(optionsOf())
  upsert(
    partition,
    Array.from({ length: 50 }, (_, id) => ({ id })),
  )
  await partition.flush()
  const { store } = partition
  const batch = partition.begin()
  batch.remove(7)
  store.gather.first = () => {
    throw failure
  }
  store.abandonBatch = () => {
    throw failure
  }
  expect(() => batch.commit({ hard: true })).toThrow(failure)
  expect(() => partition.begin()).toThrow(PoisonedError)
  await partition.compact().catch(() => {})
  await partition.close()
  const [again] = await Partition.openAll([optionsOf()])
  expect(again!.count).toBe(50)
  expect(get(again!, 7)).toEqual({ id: 7 })
  await again!.close()
})

// Nobody is told of a trap in the background: the snapshot had what it left of the graph, and whatever else it was about to change.
it('nothing is written after a trap while a graph is built', async () => {
  const medium = new SimulatedMedium()
  const index = { type: 'hnsw', graphFrom: 10 } as const
  const vectors = [{ name: 'v', dimension: 2, metric: 'l2', index }] as const
  const optionsOf = () => optionsFor(medium.reopen(), { vectors, shapes: new CollectionShapes('id', vectors) })
  const partition = await Partition.create(optionsOf())
  const trapped = new Promise<void>((resolve) => {
    partition.store.graphs.maintainUntil = () => {
      resolve()
      throw new WebAssembly.RuntimeError('unreachable')
    }
  })
  upsert(
    partition,
    Array.from({ length: 50 }, (_, id) => ({ id, v: [id, 1] })),
  )
  await partition.flush()
  await trapped
  expect(() => partition.begin()).toThrow(PoisonedError)
  await partition.close()
  expect(medium.names()).toEqual(['c1.p0.1.log'])
  const [again] = await Partition.openAll([optionsOf()])
  expect(again!.count).toBe(50)
  await again!.close()
})

// What a table was known by could not be removed: every query that made, changed or dropped a table was refused from then on.
it('RethinkDB goes on when the core refuses to remove what is kept of a table', async () => {
  const database = await open(':memory:')
  const connection = await r.connect({ database })
  await r.tableCreate('full').run(connection)
  const { store } = STATES.get(database.collection('_rethinkdb'))!.parts[0]!
  const remove = store.remove
  store.remove = () => {
    throw new LimitError('no room')
  }
  await expect(r.tableDrop('full').run(connection)).rejects.toThrow('no room')
  store.remove = remove
  await r.tableCreate('full').run(connection)
  await r.tableDrop('full').run(connection)
  expect(await r.tableList().run(connection)).toEqual([])
  await connection.close()
  await database.close()
})
