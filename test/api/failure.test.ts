// Promise: a medium that refuses leaves the database usable, one whose answer leaves the outcome unknown poisons it: reads go on,
// writes get PoisonedError, `close` frees the directory, and reopening finds everything that was acknowledged.

import { describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { HostError, LimitError, open, PoisonedError, TimeoutError } from '../../src/index.ts'
import { hostError } from '../../src/storage/index.ts'
import { SimulatedMedium } from '../crash/simulated-storage.ts'

const openOn = (medium: SimulatedMedium) => openDatabase({ storage: medium.reopen() })

async function withPosts(medium: SimulatedMedium, shards = 1): Promise<Database> {
  const db = await openOn(medium)
  await (await db.createCollection('posts', { shards })).insert([{ id: 1 }, { id: 2 }])
  return db
}

/** From now on files take no more blocks than they do together now. */
function fill(medium: SimulatedMedium): void {
  const blocksWith = (written: string, end: number) => {
    let blocks = 0
    for (const name of medium.names()) {
      blocks += Math.ceil(Math.max(medium.bytes(name).length, name === written ? end : 0) / 4_096)
    }
    return blocks
  }
  const most = blocksWith('', 0)
  medium.onOperation = ({ kind, name, position = 0, bytesCount = 0 }) => {
    if (kind !== 'write' || blocksWith(name, position + bytesCount) <= most) return
    const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    throw hostError('write', medium.path, name, cause, { written: 0 })
  }
}

describe('a medium without room', () => {
  // Neither was taken: who had nothing but the database on a disk could not make it smaller.
  it('takes deletions still, and drops, which make room', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const posts = db.collection('posts')
    await posts.createPartition('old')
    await posts.insert({ id: 'old' }, { partition: 'old' })
    await (await db.createCollection('other')).insert({ id: 1 })
    fill(medium)
    const text = 'x'.repeat(8_000)
    let id = 3
    while (await posts.insert({ id, text }).catch((error: Error) => void expect(error.message).toMatch('ENOSPC'))) id++
    for (const gone of [3, 4, 5]) expect(await posts.delete(gone)).toMatchObject({ deleted: 1 })
    expect(await posts.delete([6, 7, 8])).toMatchObject({ deleted: 3 })
    await expect(posts.insert({ id, text })).rejects.toThrow('ENOSPC')
    await db.dropCollection('other')
    await posts.dropPartition('old')
    expect(medium.names().filter((name) => name.endsWith('.log'))).toEqual(['c1.p0.1.log'])
    expect(await posts.insert({ id, text })).toMatchObject({ inserted: 1 })
    await db.close()
    expect(medium.bytes('catalog.copy')).toEqual(medium.bytes('catalog'))
    const again = await openOn(medium)
    expect((await again.collections()).map(({ name }) => name)).toEqual(['posts'])
    expect(await again.collection('posts').count()).toBe(id - 6)
    await again.close()
  })

  it('refuses a change of the catalog for which there is no room even where its copy was: both stay as they were', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const before = medium.bytes('catalog')
    let refused = 0
    medium.onOperation = ({ kind, name }) => {
      if (kind !== 'write' || name !== 'catalog.new') return
      refused++
      const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      throw hostError('write', medium.path, name, cause, { written: 0 })
    }
    for (const change of [() => db.createCollection('other'), () => db.dropCollection('posts')]) {
      refused = 0
      await expect(change()).rejects.toThrow('ENOSPC')
      expect(refused).toBe(2)
      expect(medium.bytes('catalog')).toEqual(before)
      expect(medium.bytes('catalog.copy')).toEqual(before)
      expect(medium.names().filter((name) => name === 'catalog.new' || name.startsWith('c2.'))).toEqual([])
    }
    medium.onOperation = undefined
    await (await db.createCollection('other')).insert({ id: 1 })
    expect(await db.collection('posts').count()).toBe(2)
    await db.close()
  })

  it('refuses the write and leaves the database usable', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const posts = db.collection('posts')
    medium.failAt(medium.operationsCount + 1, { code: 'ENOSPC', kinds: ['write'], lasts: 'forever' })
    const large = { id: 3, text: 'x'.repeat(1_000_000) }
    await expect(posts.insert(large, { durability: 'soft' })).rejects.toThrow(HostError)
    await expect(posts.insert(large)).rejects.toThrow('no space left')
    expect(await posts.get(3)).toBeUndefined()
    expect(await posts.count()).toBe(2)
    medium.heal()
    expect(await posts.insert(large)).toMatchObject({ inserted: 1 })
    await db.close()
    const again = await openOn(medium)
    expect(await again.collection('posts').count()).toBe(3)
    await again.close()
  })

  it('takes back the frames of a write that it has taken, when it refuses the next one', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const posts = db.collection('posts')
    const large = Array.from({ length: 8 }, (_, id) => ({ id: 100 + id, text: 'x'.repeat(200_000) }))
    let frames = 0
    // Some file systems find no room for what has been preallocated.
    medium.onOperation = ({ kind, name, bytesCount = 0 }) => {
      if (kind !== 'write' || bytesCount < 300_000 || ++frames < 3) return
      const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      throw hostError('write', medium.path, name, cause, { written: 0 })
    }
    await expect(posts.insert(large, { durability: 'soft' })).rejects.toThrow('ENOSPC')
    expect(frames).toBe(3)
    medium.onOperation = undefined
    expect(await posts.insert({ id: 3 })).toMatchObject({ inserted: 1 })
    const again = await openOn(medium.crash({ seed: 1, mode: 'nothing' }))
    expect(await again.collection('posts').count()).toBe(3)
    await again.close()
    await db.close()
  })

  it('refuses new collections and partitions, leaves no files of them, and can make them later', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const posts = db.collection('posts')
    const before = medium.names()
    for (let nth = 1; nth < 12; nth++) {
      for (const make of [() => db.createCollection('more', { shards: 2 }), () => posts.createPartition('2026')]) {
        medium.heal().failAt(medium.operationsCount + nth, { code: 'ENOSPC', kinds: ['write', 'create'] })
        const settled = await make().then(
          () => 'made',
          (error: unknown) => error,
        )
        medium.heal()
        if (settled !== 'made') {
          expect(settled).toBeInstanceOf(HostError)
          expect(medium.names()).toEqual(before)
          expect((await db.collections()).map(({ name }) => name)).toEqual(['posts'])
        } else if ((await db.collections()).length > 1) await db.dropCollection('more')
        else await posts.dropPartition('2026')
        expect(medium.names()).toEqual(before)
      }
    }
    expect(await posts.insert({ id: 3 })).toMatchObject({ inserted: 1 })
    await db.close()
  })
})

describe('a flush that fails', () => {
  // The log of the shard that failed was exported without the writes it had shared with others: those were cut off before them by the import.
  it('on one shard leaves an export of all documents', async () => {
    const medium = new SimulatedMedium()
    const db = await openOn(medium)
    const posts = await db.createCollection('posts', { shards: 3 })
    for (let call = 0; call < 3; call++)
      await posts.insert(Array.from({ length: 50 }, (_, i) => ({ id: call * 50 + i })))
    medium.failAt(medium.operationsCount + 1, { kinds: ['flush', 'flushSync'] })
    await expect(posts.insert({ id: 'one' })).rejects.toThrow(HostError)
    medium.heal()
    const count = await posts.count()
    const copy = await open.import(await db.export())
    expect(await copy.collection('posts').count()).toBe(count)
    await copy.close()
    await db.close()
  })

  it('rejects the write with the operation and the file, and poisons the database', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium)
    const other = await db.createCollection('other')
    const posts = db.collection('posts')
    medium.failAt(medium.operationsCount + 1, { kinds: ['flush', 'flushSync'] })
    const failure = await posts.insert({ id: 3 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(HostError)
    expect((failure as HostError).details).toMatchObject({ file: expect.stringContaining('.log') })
    medium.heal()
    const calls: (() => Promise<unknown>)[] = [
      () => posts.insert({ id: 4 }),
      () => posts.update(1, { n: 1 }),
      () => posts.delete({}),
      () => other.insert({ id: 1 }),
      () => db.createCollection('new'),
      () => db.dropCollection('other'),
      () => db.renameCollection('other', 'x'),
      () => posts.createPartition('x'),
      () => db.sync(),
    ]
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason)
      expect(error, String(call)).toBeInstanceOf(PoisonedError)
      expect((error as PoisonedError).cause).toBe(failure)
    }
    expect(await posts.get(1)).toEqual({ id: 1 })
    expect((await posts.find().toArray()).length).toBeGreaterThanOrEqual(2)
    expect(await posts.count()).toBeGreaterThanOrEqual(2)
    await db.close()
    const again = await openOn(medium)
    expect(await again.collection('posts').getMany([1, 2])).toEqual([{ id: 1 }, { id: 2 }])
    expect(await again.collection('posts').insert({ id: 5 })).toMatchObject({ inserted: 1 })
    await again.close()
  })

  it('of the catalog poisons as well, and reopening finds the old one or the new one', async () => {
    for (let nth = 1; nth <= 3; nth++) {
      const medium = new SimulatedMedium()
      const db = await withPosts(medium)
      const catalogOperations = new Set(['flush', 'rename', 'flushNames'])
      let seen = 0
      medium.onOperation = ({ kind, name }) => {
        if (catalogOperations.has(kind) && (name === 'catalog.new' || name === '') && ++seen === nth) {
          medium.onOperation = undefined
          medium.failAt(medium.operationsCount + 1)
        }
      }
      await expect(db.renameCollection('posts', 'articles')).rejects.toThrow(HostError)
      await expect(db.collection('posts').insert({ id: 3 })).rejects.toThrow(PoisonedError)
      expect(await db.collection('posts').count()).toBe(2)
      await db.close()
      const again = await openOn(medium.heal())
      const [info] = await again.collections()
      expect(['posts', 'articles']).toContain(info?.name)
      expect(info?.documents).toBe(2)
      await again.close()
    }
  })

  it('in one of the partitions of a batch poisons; the batch is there whole or not at all after reopening', async () => {
    for (let nth = 1; nth <= 12; nth++) {
      for (const [code, ...kinds] of [
        ['EIO', 'flush', 'flushSync'],
        ['EIO', 'write'],
        ['ENOSPC', 'write'],
      ] as const) {
        const medium = new SimulatedMedium({ seed: nth })
        const db = await withPosts(medium, 4)
        const posts = db.collection('posts')
        const documents = Array.from({ length: 40 }, (_, i) => ({ id: 100 + i }))
        medium.failAt(medium.operationsCount + nth, { code, kinds })
        const settled = await posts.insert(documents).then(
          () => 'written',
          () => 'failed',
        )
        medium.heal()
        if (settled === 'written') expect(await posts.count()).toBe(42)
        else expect([2, 42]).toContain(await posts.count())
        await db.close().catch(() => {})
        const again = await openOn(medium.crash({ seed: nth, mode: nth % 2 ? 'random' : 'all' }))
        const count = await again.collection('posts').count()
        if (settled === 'written') expect(count).toBe(42)
        else expect([2, 42]).toContain(count)
        await again.close()
      }
    }
  })

  it('for want of room in one of the partitions of a batch refuses it, and is none of unknown outcome', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium, 2)
    const posts = db.collection('posts')
    const large = Array.from({ length: 8 }, (_, id) => ({ id: 100 + id, text: 'x'.repeat(200_000) }))
    medium.onOperation = ({ kind, name }) => {
      if (kind !== 'write' || !name.startsWith('c1.p1.')) return
      const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      throw hostError('write', medium.path, name, cause, { written: 0 })
    }
    await expect(posts.insert(large)).rejects.toThrow('ENOSPC')
    medium.onOperation = undefined
    expect(await posts.count()).toBe(2)
    expect(await posts.insert(large)).toMatchObject({ inserted: 8 })
    await db.close()
  })

  it('is waited for by who finds unchanged what another has written without waiting', async () => {
    for (const shards of [1, 3]) {
      const medium = new SimulatedMedium()
      const db = await withPosts(medium, shards)
      const posts = db.collection('posts')
      const documents = Array.from({ length: 9 }, (_, i) => ({ id: 100 + i }))
      await posts.insert(documents, { durability: 'soft' })
      expect(await posts.upsert(documents)).toMatchObject({ unchanged: 9 })
      const after = await openOn(medium.crash({ seed: 1, mode: 'nothing' }))
      expect(await after.collection('posts').count()).toBe(11)
      await after.close()
      await db.close()
    }
  })

  // Documents had left the one partition and not come to the other: reads no longer found what was acknowledged long before, nor did an export.
  it('as a document moves to another partition leaves it where it was, for reads and an export', async () => {
    for (let nth = 1; nth <= 12; nth++) {
      const medium = new SimulatedMedium({ seed: nth })
      const db = await withPosts(medium)
      const posts = db.collection('posts')
      await posts.createPartition('archive')
      medium.failAt(medium.operationsCount + nth, { code: 'EIO', kinds: ['write'] })
      const error = await posts
        .upsert([{ id: 1, moved: true }], { partition: 'archive', durability: 'soft' })
        .catch((error: unknown) => error)
      medium.heal()
      const isWritten = !(error instanceof HostError)
      const found = await posts.get(1)
      if (isWritten) expect(found).toEqual({ id: 1, moved: true })
      else expect([{ id: 1 }, { id: 1, moved: true }]).toContainEqual(found)
      expect(await posts.count()).toBe(2)
      const copy = await open.import(await db.export())
      expect(await copy.collection('posts').get(1)).toEqual(found)
      await copy.close()
      await db.close().catch(() => {})
    }
  })
})

describe('time and memory', () => {
  it('a flush that takes too long rejects with TimeoutError, and the write stays whole', async () => {
    const medium = new SimulatedMedium()
    const db = await withPosts(medium, 2)
    const posts = db.collection('posts')
    const controller = new AbortController()
    const call = posts.insert({ id: 3 }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    const slow = posts.insert([{ id: 4 }], { timeout: 0.001 })
    await expect(slow).rejects.toThrow(TimeoutError)
    expect(await posts.count()).toBeGreaterThanOrEqual(3)
    await db.close()
    const again = await openOn(medium)
    expect(await again.collection('posts').get(3)).toEqual({ id: 3 })
    await again.close()
  })

  it('a full memory rejects with LimitError before anything is written; reads and deletes go on', async () => {
    const db = await openDatabase({ storage: null, memoryLimitBytes: 8 * 1_048_576 })
    const posts = await db.createCollection('posts')
    const batch = (from: number) =>
      Array.from({ length: 100 }, (_, i) => ({ id: from + i, text: 'x'.repeat(2_000) + i }))
    let written = 0
    let failure: unknown
    while (failure === undefined) {
      await posts.insert(batch(written)).then(
        () => (written += 100),
        (error: unknown) => {
          failure = error
        },
      )
    }
    expect(failure).toBeInstanceOf(LimitError)
    expect(written).toBeGreaterThan(500)
    expect(await posts.count()).toBe(written)
    expect((await posts.get(5))?.id).toBe(5)
    expect(await posts.delete([...Array(300).keys()])).toMatchObject({ deleted: 300 })
    expect(await posts.insert(batch(0))).toMatchObject({ inserted: 100 })
    await db.close()
  })
})
