// Promise: after a trap of the core, which has left its memory in the midst of a write, nothing more is written by whatever door; reads go on.
// After a refusal of the core everything goes on.

import { expect, it, vi } from 'vitest'
import type { Store } from '../../../src/core/index.ts'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { type Direct, directOf } from '../../../src/engine/direct.ts'
import { type Collection, open, openDatabase } from '../../../src/engine/index.ts'
import { STATES } from '../../../src/engine/state.ts'
import { LimitError, PoisonedError } from '../../../src/error/index.ts'
import { MemoryDirectory } from '../../../src/storage/index.ts'
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

// Where the stack was full, what undoes a write could not be called, either: all later writes were refused as if another were still
// running, and reads found the document that was not stored.
it.each<[string, 1 | 2, (posts: Collection) => Promise<unknown>]>([
  ['an insert of one', 1, (posts) => posts.insert({ id: 2 })],
  ['an insert', 1, (posts) => posts.insert([{ id: 2 }, { id: 3 }])],
  ['an insert over shards', 2, (posts) => posts.insert([{ id: 2 }, { id: 3 }, { id: 4 }])],
  ['an insert that merges', 1, (posts) => posts.insert([{ id: 2 }, { id: 1 }], { conflict: 'update' })],
  ['an update', 1, (posts) => posts.update(1, { a: 2 })],
  ['a deletion', 1, (posts) => posts.delete([2, 1])],
])('%s on a full stack leaves nothing behind', async (_, shards, write) => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', { shards })
  await posts.insert({ id: 1 })
  const overflow = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  const batches = STATES.get(posts)!.parts.map(({ batch }) => batch)
  const spies = batches.flatMap((batch) =>
    (['putOne', 'commit', 'prepare', 'abandon'] as const).map((name) =>
      vi.spyOn(batch, name).mockImplementation(overflow),
    ),
  )
  const given = write(posts)
  for (const spy of spies) spy.mockRestore()
  await expect(given).rejects.toThrow('Maximum call stack')
  expect(await posts.find().toArray()).toEqual([{ id: 1 }])
  expect(await posts.insert([{ id: 2 }, { id: 3 }, { id: 4 }])).toMatchObject({ inserted: 3 })
  await db.close()
})

it('a write that a full stack ended in the log leaves the collection to readers: what the log has is unknown', async () => {
  const db = await openDatabase({ storage: new MemoryDirectory() })
  const posts = await db.createCollection('posts')
  await posts.insert([{ id: 1 }])
  const [{ batch }] = STATES.get(posts)!.parts as [Partition]
  const spies = (['stand', 'abandon'] as const).map((name) =>
    vi.spyOn(batch, name).mockImplementation(() => {
      throw new RangeError('Maximum call stack size exceeded')
    }),
  )
  const given = posts.insert([{ id: 2 }, { id: 3 }])
  for (const spy of spies) spy.mockRestore()
  await expect(given).rejects.toThrow('Maximum call stack')
  expect(await posts.find().toArray()).toEqual([{ id: 1 }])
  await expect(posts.insert({ id: 4 })).rejects.toThrow('Maximum call stack')
  await db.close().catch(() => {})
})

it('a write of a dialect that a full stack left open is undone after the next one, which is refused', async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  const direct = directOf(posts)!
  direct.begin(false).put({ id: 1 })
  await expect(posts.insert({ id: 2 })).rejects.toThrow('being written to by the function of another write')
  expect(await posts.insert({ id: 2 })).toMatchObject({ inserted: 1 })
  expect(await posts.find().toArray()).toEqual([{ id: 2 }])
  await db.close()
})

// The views of a memory that had grown were taken for renewed when only the first of them was: strings were stored as empty ones.
it('a stack that is full while the views of memory are renewed is no harm to later writes', async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  class Full extends Uint8Array<ArrayBuffer> {
    constructor(buffer: ArrayBuffer, offset?: number, length?: number) {
      // The staging region's, of a part of memory.
      if (offset !== undefined) throw new RangeError('Maximum call stack size exceeded')
      super(buffer, offset, length)
    }
  }
  await posts.insert({ id: -1, text: 'the shape' })
  let failed = 0
  for (let id = 0; id < 1_000; id++) {
    const document = { id, text: `${id} ${'x'.repeat(200)}` }
    vi.stubGlobal('Uint8Array', Full)
    const { errors } = await posts.insert(document)
    vi.unstubAllGlobals()
    failed += errors
    if (errors > 0) await posts.insert(document)
    expect(await posts.get(id)).toEqual(document)
  }
  expect(failed).toBeGreaterThan(0)
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

// The same below a text index, where the trap was taken for a want of memory; and in memory, neither of them forbade anything.
it.each<[string, (store: Store, trap: () => never) => unknown]>([
  ['a graph is built', ({ graphs }, trap) => Object.assign(graphs, { maintainUntil: trap })],
  ['texts are indexed', ({ inverted }, trap) => Object.assign(inverted, { putTexts: trap })],
])('nothing is written after a trap while %s, on a medium or in memory', async (_, set) => {
  const index = { type: 'hnsw', graphFrom: 10 } as const
  for (const storage of [new MemoryDirectory(), undefined]) {
    const db = await (storage === undefined ? open(':memory:') : openDatabase({ storage }))
    const posts = await db.createCollection('posts', { vectors: { v: { dimension: 2, metric: 'l2', index } } })
    await posts.createIndex('text', { type: 'text' })
    const trapped = new Promise<void>((resolve) => {
      set(STATES.get(posts)!.parts[0]!.store, () => {
        resolve()
        throw new WebAssembly.RuntimeError('unreachable')
      })
    })
    await posts.insert(Array.from({ length: 50 }, (_, id) => ({ id, text: `text ${id}`, v: [id, 1] })))
    await trapped
    await expect(posts.insert({ id: 99 })).rejects.toThrow(PoisonedError)
    expect(await posts.count()).toBe(50)
    await db.close().catch(() => {})
    expect((await storage?.list())?.filter((name) => name.endsWith('.snapshot')) ?? []).toEqual([])
  }
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
