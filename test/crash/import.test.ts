// Promise: an import is there as a whole or not at all, whenever the machine stops and whatever the medium refuses. Checked by stopping and
// failing it at every operation, and looking at what opens afterwards.

import { beforeAll, describe, expect, it } from 'vitest'
import { ArchiveWriter, chunksOf, PieceKind, readPieces } from '../../src/archive/index.ts'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { open } from '../../src/index.ts'
import { type CrashMode, SimulatedMedium } from './simulated-storage.ts'

interface Piece {
  readonly kind: PieceKind
  readonly number: number
  readonly payload: Uint8Array
}

let file: Uint8Array
beforeAll(async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', { shards: 2 })
  await posts.createIndex('n')
  await posts.insert(Array.from({ length: 50 }, (_, id) => ({ id, n: id % 5 })))
  await posts.createPartition('more')
  await posts.insert({ id: 'm' }, { partition: 'more' })
  await db.createCollection('empty')
  file = await db.export({ as: 'bytes' })
  await db.close()
})

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 700) yield file.subarray(at, at + 700)
}

const imported = (medium: SimulatedMedium) => openDatabase({ storage: medium.reopen(), source: pieces() })

/** What crashes during an import leave, after each of its operations. Many leave the same, to the byte: that comes once. */
async function crashesOfImport(mode: CrashMode): Promise<SimulatedMedium[]> {
  const medium = new SimulatedMedium()
  const cuts: SimulatedMedium[] = []
  medium.onOperation = () => cuts.push(medium.clone())
  await (await imported(medium)).close()
  medium.onOperation = undefined
  expect(cuts.length).toBeGreaterThan(20)
  const crashes = new Map<string, SimulatedMedium>()
  for (const [i, cut] of cuts.entries()) {
    const after = cut.crash({ seed: i + 1, mode })
    const state = after.state()
    if (!crashes.has(state)) crashes.set(state, after)
  }
  return [...crashes.values()]
}

/** Nothing, or everything; answers which. */
async function found(medium: SimulatedMedium): Promise<'nothing' | 'everything'> {
  let db: Database = await openDatabase({ storage: medium.reopen() })
  const names = (await db.collections()).map(({ name }) => name)
  if (names.length === 0) {
    expect(medium.names().filter((name) => name.endsWith('.log'))).toEqual([])
    await db.close()
    return 'nothing'
  }
  expect(names).toEqual(['posts', 'empty'])
  const posts = db.collection('posts')
  expect(await posts.count()).toBe(51)
  expect(await posts.count({ n: 3 })).toBe(10)
  await posts.insert({ id: 'after' })
  await db.close()
  db = await openDatabase({ storage: medium.reopen() })
  expect(await db.collection('posts').count()).toBe(52)
  await db.close()
  return 'everything'
}

describe('an import', () => {
  it.each<CrashMode>(['nothing', 'all', 'random'])(
    'is whole or not there after a crash that keeps: %s',
    async (mode) => {
      const seen = new Set<string>()
      for (const after of await crashesOfImport(mode)) seen.add(await found(after))
      expect([...seen].sort()).toEqual(['everything', 'nothing'])
    },
  )

  // A killed import left an empty database: making it again was a ConflictError, and readers found a database without a collection.
  it.each<CrashMode>(['nothing', 'all', 'random'])(
    'that was cut short can be made again, and is no database to readers: %s',
    async (mode) => {
      let again = 0
      for (const after of await crashesOfImport(mode)) {
        const reader = await openDatabase({ storage: after.reopen(), readOnly: true }).catch((error: Error) => error)
        if (reader instanceof Error) {
          expect(reader).toMatchObject({ name: 'NotFoundError', message: expect.stringContaining('no database in') })
          await (await imported(after)).close()
          again++
        } else {
          await reader.close()
          await expect(imported(after)).rejects.toMatchObject({ name: 'ConflictError' })
        }
        expect(await found(after)).toBe('everything')
      }
      expect(again).toBeGreaterThan(2)
    },
  )

  it('of a file that contradicts itself, with all checksums right, leaves nothing', async () => {
    const pieces: Piece[] = []
    for await (const { payload, ...piece } of readPieces(chunksOf(file)))
      pieces.push({ ...piece, payload: payload.slice() })
    const [catalog, log] = pieces as [Piece, Piece]
    const wrong: [Piece[], string][] = [
      [[], 'it has no catalog'],
      [[log, ...pieces], 'it has a log 0, but its catalog names only 0'],
      [[...pieces, catalog], 'it has two catalogs'],
      [[...pieces, { ...log, number: 5 }], 'it has a log 5, but its catalog names only 5'],
      [pieces.filter(({ kind, number }) => kind !== PieceKind.Log || number !== 4), 'the log c2.p0.1.log is missing'],
    ]
    for (const [given, why] of wrong) {
      const writer = new ArchiveWriter()
      const parts = [writer.head(), ...given.map(({ kind, number, payload }) => writer.piece(kind, number, payload))]
      parts.push(writer.piece(PieceKind.End, 0, new Uint8Array(0)))
      const medium = new SimulatedMedium()
      const importing = openDatabase({ storage: medium.reopen(), source: chunksOf(new Blob(parts)) })
      await expect(importing).rejects.toMatchObject({ name: 'CorruptError', message: expect.stringContaining(why) })
      expect(medium.names()).toEqual([])
    }
  })

  it('leaves nothing when the medium refuses something', async () => {
    const whole = new SimulatedMedium()
    await (await imported(whole)).close()
    let refusals = 0
    for (let number = 1; number <= whole.operationsCount; number++) {
      for (const code of ['EIO', 'ENOSPC'] as const) {
        const medium = new SimulatedMedium()
        medium.failAt(number, { code })
        try {
          await (await imported(medium)).close()
        } catch (error) {
          refusals++
          expect(error).toMatchObject({ name: expect.stringMatching(/^(HostError|PoisonedError)$/) })
        }
        medium.heal()
        expect(medium.openNames).toEqual([])
        await found(medium)
      }
    }
    expect(refusals).toBeGreaterThan(20)
  })
})

describe('an export', () => {
  it('after a failed write has what stands, which is all that was acknowledged', async () => {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    const c = await db.createCollection('c')
    await c.insert(Array.from({ length: 30 }, (_, id) => ({ id })))
    medium.failAt(medium.operationsCount + 1, { code: 'EIO', kinds: ['write', 'flush', 'flushSync'], lasts: 'forever' })
    await expect(c.insert({ id: 'lost' })).rejects.toMatchObject({ name: 'HostError' })
    await expect(c.insert({ id: 'refused' })).rejects.toMatchObject({ name: 'PoisonedError' })
    const copy = await open.import(await db.export())
    const ids = (await copy.collection('c').find().toArray()).map(({ id }) => id)
    expect(ids.filter((id) => typeof id === 'number')).toHaveLength(30)
    expect(ids).not.toContain('refused')
    await copy.close()
    await db.close().catch(() => {})
  })
})

// It was an export without what stood behind the cut, with all checksums right.
it('exports no log that was cut while it was open', async () => {
  const storage = new SimulatedMedium().reopen()
  const db = await openDatabase({ storage })
  await (await db.createCollection('c')).insert(Array.from({ length: 30 }, (_, id) => ({ id })))
  const file = await storage.open('c1.p0.1.log', { create: false })
  file.truncate(200)
  await expect(db.export()).rejects.toMatchObject({
    name: 'CorruptError',
    details: { file: 'c1.p0.1.log', offset: 200 },
  })
  file.close()
  await db.close()
})

// The core goes through its documents for one at a time. Exports that did so side by side were files without most of the documents, and
// nobody said so; one beside a compaction that gave up wrote into memory that was not its own.
it('exports after a failed write what is there, one at a time, and not beside a compaction', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen(), durability: 'soft' })
  const posts = await db.createCollection('posts')
  const documents = Array.from({ length: 8_000 }, (_, id) => ({ id, text: 'x'.repeat(200) }))
  await posts.insert(documents)
  const compaction = posts.optimize().catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  medium.failAt(medium.operationsCount + 1, { code: 'EIO', kinds: ['write', 'flush', 'flushSync'], lasts: 'forever' })
  await expect(posts.insert({ id: 'more' }, { durability: 'hard' })).rejects.toThrow('EIO')
  const exports = await Promise.allSettled([1, 2, 3].map(() => db.export({ as: 'bytes' })))
  await compaction
  expect(exports.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  const bytes = (exports[0] as PromiseFulfilledResult<Uint8Array>).value
  const copy = await open.import(bytes)
  expect(await copy.collection('posts').count()).toBe(await posts.count())
  // And once more.
  expect((await db.export({ as: 'bytes' })).length).toBe(bytes.length)
  expect(await posts.getMany([0, 7_999])).toEqual([documents[0], documents[7_999]])
  await copy.close()
  await db.close()
})
