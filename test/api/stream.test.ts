// Promise: `insert` and `upsert` take what yields documents, in bounded memory, in batches that are each acknowledged on their own.

import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { ClosedError, type Document, TimeoutError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

describeEach('streams', ({ openNew, collection: options }) => {
  const make = async () => (await openNew()).createCollection('posts', options)

  it('takes async generators, generators, sets, iterators and Node streams', async () => {
    const posts = await make()
    async function* slow() {
      for (let id = 0; id < 2_500; id++) yield { id }
    }
    function* fast() {
      for (let id = 0; id < 2_500; id++) yield { id: `s${id}` }
    }
    expect(await posts.insert(slow())).toEqual(counters({ inserted: 2_500 }))
    expect(await posts.insert(fast())).toEqual(counters({ inserted: 2_500 }))
    expect(await posts.insert(new Set([{ id: 'x' }, { id: 'y' }]))).toEqual(counters({ inserted: 2 }))
    expect(await posts.insert([{ id: 'z' }].values())).toEqual(counters({ inserted: 1 }))
    expect(await posts.insert(Readable.from([{ id: 'r1' }, { id: 'r2' }]))).toEqual(counters({ inserted: 2 }))
    expect(await posts.upsert(slow())).toEqual(counters({ unchanged: 2_500 }))
    expect(await posts.count()).toBe(5_005)
  })

  // The call was never heard of again: a server that closed its database while a client's upload hung did not come to its end.
  it.each(['close', 'drop'])(
    'waits no longer for a source that hangs after %s; what was acknowledged stays',
    async (how) => {
      const db = await openNew()
      const posts = await db.createCollection('posts', options)
      let isReturned = false
      let given = 0
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            given < 1_000 ? Promise.resolve({ done: false, value: { id: given++ } }) : new Promise<never>(() => {}),
          return: async () => {
            isReturned = true
            return { done: true as const, value: undefined }
          },
        }),
      }
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
      const before = timers()
      const call = posts.insert(source, { timeout: 600_000 }).catch((error) => error)
      while ((await posts.count()) < 1_000) await new Promise((resolve) => setTimeout(resolve, 1))
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (how === 'close') await db.close()
      else await db.dropCollection('posts')
      expect(await call).toBeInstanceOf(ClosedError)
      expect(isReturned).toBe(true)
      // The program ran on until the call would have timed out. (Another timer may have ended meanwhile.)
      expect(timers()).toBeLessThanOrEqual(before)
    },
  )

  it('refuses an iterator that gives something else than results; it took what is missing there for documents, for ever', async () => {
    const posts = await make()
    const broken = { [Symbol.asyncIterator]: () => ({ next: async () => 5 }) } as unknown as AsyncIterable<Document>
    await expect(posts.insert(broken)).rejects.toThrow(/its next\(\) returned/)
    const silent = { [Symbol.iterator]: () => ({ next: () => undefined }) } as unknown as Iterable<Document>
    await expect(posts.insert(silent)).rejects.toThrow(/its next\(\) returned undefined/)
  })

  it('takes a cursor of another collection, and of the same one', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    const copy = await db.createCollection('copy')
    await posts.insert(Array.from({ length: 3_000 }, (_, id) => ({ id, n: id, tags: ['a'] })))
    expect(await copy.insert(posts.find())).toEqual(counters({ inserted: 3_000 }))
    expect(await copy.insert(posts.find({ limit: 10, select: ['id'] }), { conflict: 'replace' })).toEqual(
      counters({ replaced: 10 }),
    )
    expect(await posts.upsert(posts.find())).toEqual(counters({ unchanged: 3_000 }))
    expect(await copy.get(2_999)).toEqual({ id: 2_999, n: 2_999, tags: ['a'] })
  })

  it('takes another collection itself, and the same one', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    const copy = await db.createCollection('copy')
    await posts.insert(Array.from({ length: 3_000 }, (_, id) => ({ id, n: id })))
    expect(await copy.insert(posts)).toEqual(counters({ inserted: 3_000 }))
    expect(await posts.upsert(posts)).toEqual(counters({ unchanged: 3_000 }))
    let sum = 0
    for await (const { n } of copy) sum += n as number
    expect(sum).toBe((3_000 * 2_999) / 2)
  })

  it('reports bad documents with their position in the whole stream', async () => {
    const posts = await make()
    function* source() {
      for (let id = 0; id < 3_000; id++) yield { id, n: id === 2_222 ? NaN : 1 }
    }
    const result = await posts.insert(source(), { returnChanges: 'always' })
    expect(result).toMatchObject(counters({ inserted: 2_999, errors: 1 }))
    expect(result.firstError).toContain('position 2222')
    expect(result.changes?.length).toBe(3_000)
    expect(result.changes?.[2_222]?.error).toBe(result.firstError)
  })

  it('lists generated keys in input order', async () => {
    const posts = await make()
    function* source() {
      for (let n = 0; n < 2_100; n++) yield { n }
    }
    const result = await posts.insert(source())
    expect((await posts.getMany(result.generatedKeys!)).map((document) => document?.n)).toEqual([
      ...Array(2_100).keys(),
    ])
  })

  it('warns when it made more keys than it lists, also when it is gathered first', async () => {
    const posts = await make()
    function* source() {
      for (let n = 0; n < 100_001; n++) yield { n }
    }
    for (const atomic of [false, true]) {
      const result = await posts.insert(source(), { atomic, durability: 'soft' })
      expect(result.generatedKeys?.length).toBe(100_000)
      expect(result.warnings).toEqual(['Too many generated keys (100001), array truncated to 100000.'])
    }
  })

  it('keeps each document as it was when it was yielded, though the source uses one object again and again', async () => {
    const posts = await make()
    async function* source() {
      const row = { id: 0, list: [0] }
      for (let id = 0; id < 1_500; id++) {
        row.id = id
        row.list[0] = id
        yield row
      }
    }
    expect(await posts.insert(source())).toEqual(counters({ inserted: 1_500 }))
    expect(await posts.get(1_234)).toEqual({ id: 1_234, list: [1_234] })
  })

  it('rejects with the error of the source; batches acknowledged before stay', async () => {
    const posts = await make()
    async function* source() {
      for (let id = 0; id < 2_500; id++) yield { id }
      throw new Error('source broke')
    }
    await expect(posts.insert(source())).rejects.toThrow('source broke')
    expect(await posts.count()).toBe(2_000)
  })

  it('is cut into batches by size as well', async () => {
    const posts = await make()
    let yielded = 0
    const counts: number[] = []
    async function* source() {
      for (let id = 0; id < 40; id++) {
        yielded++
        counts.push(yielded - (await posts.count()))
        yield { id, text: 'x'.repeat(200_000) }
      }
    }
    expect(await posts.insert(source())).toEqual(counters({ inserted: 40 }))
    expect(Math.max(...counts)).toBeLessThan(10)
  })

  it('tells the source when no more is wanted', async () => {
    const posts = await make()
    let isClosed = false
    function* source() {
      try {
        for (let id = 0; ; id++) yield { id }
      } finally {
        isClosed = true
      }
    }
    await expect(posts.insert(source(), { timeout: 30 })).rejects.toThrow(TimeoutError)
    expect(isClosed).toBe(true)
    expect((await posts.count()) % 1_000).toBe(0)
  })

  it('ends with ClosedError when the database is closed meanwhile', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    async function* source() {
      for (let id = 0; ; id++) {
        if (id === 3_500) await db.close()
        yield { id }
      }
    }
    await expect(posts.insert(source())).rejects.toThrow(ClosedError)
  })

  it('counts documents that cannot be read or have no end as errors of their own', async () => {
    const posts = await make()
    const cycle: Record<string, unknown> = { id: 'cycle', list: [] }
    ;(cycle.list as unknown[]).push(cycle)
    let deep: unknown = 1
    for (let depth = 0; depth < 50_000; depth++) deep = depth % 2 ? [deep] : { deep }
    const broken = {
      id: 'broken',
      get boom(): number {
        throw new Error('kaputt')
      },
    }
    const result = await posts.insert([{ id: 1 }, cycle, { id: 'deep', deep }, broken, { id: 2 }].values())
    expect(result).toMatchObject(counters({ inserted: 2, errors: 3 }))
    expect(result.firstError).toContain('position 1')
    const last = await posts.insert([broken].values())
    expect(last.firstError).toContain('kaputt')
  })

  it('refuses what a stream yields that is no document, one by one', async () => {
    const posts = await make()
    const result = await posts.insert([{ id: 1 }, 5, null, { id: 2 }].values() as Iterable<Document>)
    expect(result).toMatchObject(counters({ inserted: 2, errors: 2 }))
  })
})

describe('timeout and signal', () => {
  it('an aborted signal rejects with its reason and nothing is written', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const reason = new Error('changed my mind')
    const signal = AbortSignal.abort(reason)
    await expect(posts.insert({ id: 1 }, { signal })).rejects.toBe(reason)
    await expect(posts.insert([{ id: 1 }].values(), { signal })).rejects.toBe(reason)
    await expect(posts.update({}, {}, { signal })).rejects.toBe(reason)
    await expect(posts.delete({}, { signal })).rejects.toBe(reason)
    expect(await posts.count()).toBe(0)
  })

  it('a signal that is not aborted, and a timeout that does not run out, change nothing', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const { signal } = new AbortController()
    expect(await posts.insert({ id: 1 }, { signal, timeout: 60_000 })).toEqual(counters({ inserted: 1 }))
    expect(await posts.upsert([{ id: 1, n: 1 }].values(), { signal, timeout: 1e12 })).toEqual(counters({ replaced: 1 }))
  })

  it('a write that takes too long has written nothing', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.insert([
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ])
    const dawdle = () => {
      const end = performance.now() + 8
      while (performance.now() < end);
      return { n: 2 }
    }
    const call = posts.update([1, 2], dawdle, { timeout: 5 })
    await expect(call).rejects.toThrow(TimeoutError)
    await expect(call).rejects.toThrow('update in collection "posts" took longer than 5 ms; nothing was written')
    expect(await posts.getMany([1, 2])).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ])
    expect(await posts.insert({ id: 3 })).toMatchObject({ inserted: 1 })
  })

  it('a timeout counts from the call, also while the call waits for others', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    // Calls made meanwhile wait for the code that runs filters.
    const first = posts.count({ n: 1 })
    const start = performance.now()
    const insert = posts.insert([{ id: 1 }], { timeout: 60_000 }).catch((error) => error)
    const update = posts.update({}, { n: 1 }, { timeout: 60_000 }).catch((error) => error)
    const later = posts.insert({ id: 2 }, { timeout: 600_000 })
    vi.spyOn(performance, 'now').mockImplementation(() => start + 61_000)
    expect(await insert).toBeInstanceOf(TimeoutError)
    expect(await update).toBeInstanceOf(TimeoutError)
    expect((await later).inserted).toBe(1)
    vi.restoreAllMocks()
    expect(await first).toBe(0)
    expect(await posts.find().toArray()).toEqual([{ id: 2 }])
  })

  it('a signal aborted by the function of a write undoes it', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.insert([
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ])
    const controller = new AbortController()
    const call = posts.update(
      {},
      () => {
        controller.abort()
        return { n: 2 }
      },
      { signal: controller.signal },
    )
    await expect(call).rejects.toBe(controller.signal.reason)
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
  })

  it('end a wait for a source that hangs; batches before stay', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    async function* source() {
      for (let id = 0; id < 1_500; id++) yield { id }
      await new Promise(() => {})
    }
    const call = posts.insert(source(), { timeout: 50 })
    await expect(call).rejects.toThrow(TimeoutError)
    await expect(call).rejects.toThrow('the batches acknowledged before stay')
    const controller = new AbortController()
    setTimeout(() => controller.abort('enough'), 20)
    await expect(posts.upsert(source(), { signal: controller.signal })).rejects.toBe('enough')
    expect(await posts.count()).toBe(1_000)
  })
})
