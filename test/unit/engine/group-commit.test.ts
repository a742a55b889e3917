// Promise: hard writes of single documents in one turn of the event loop share one write and one flush, and nobody else can tell: each gets
// the result that it would get alone, and whatever the program does next sees it. Where the flush or the disk fails, all of them are told.

import { expect, it, vi } from 'vitest'
import { type Collection, type Database, open, openDatabase } from '../../../src/engine/index.ts'
import { STATES } from '../../../src/engine/state.ts'
import { HostError, PoisonedError, StateError } from '../../../src/error/index.ts'
import { randomOf } from '../../core/vectors.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

async function onDisk(
  medium = new SimulatedMedium(),
): Promise<{ db: Database; posts: Collection; medium: SimulatedMedium }> {
  const db = await openDatabase({ storage: medium.reopen(), durability: 'hard' })
  return { db, posts: await db.createCollection('posts'), medium }
}

const counters = { inserted: 0, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, errors: 0 }
const all = async (posts: Collection) => await posts.find({ sort: 'id' }).toArray()

it('writes and flushes once for all callers of a turn', async () => {
  const { db, posts, medium } = await onDisk()
  await posts.insert({ id: 'first' })
  const before = medium.operationsCount
  const results = await Promise.all(Array.from({ length: 100 }, (_, id) => posts.insert({ id, text: `text ${id}` })))
  expect(results).toEqual(results.map(() => ({ ...counters, inserted: 1 })))
  expect(medium.operations.slice(before).map(({ kind }) => kind)).toEqual(['write', 'flushSync'])
  await db.close()
  const again = await openDatabase({ storage: medium.reopen() })
  expect(await again.collection('posts').count()).toBe(101)
  await again.close()
})

it('flushes once, too, for more text than is staged at once, and for documents that are staged alone', async () => {
  const { db, posts, medium } = await onDisk()
  await posts.insert({ id: 'first' })
  const before = medium.operationsCount
  const lengths = Array.from({ length: 60 }, (_, id) => (id % 20 === 7 ? 90_000 : 700))
  await Promise.all(lengths.map((length, id) => posts.insert({ id, text: 'x'.repeat(length) })))
  const done = medium.operations.slice(before).filter(({ kind }) => kind !== 'write')
  expect(done.map(({ kind }) => kind)).toEqual(['flushSync'])
  expect((await posts.getMany(lengths.map((_, id) => id))).map((one) => (one!['text'] as string).length)).toEqual(
    lengths,
  )
  await db.close()
})

it('is seen by whatever comes next', async () => {
  const { db, posts } = await onDisk()
  let id = 0
  const looks: Record<string, (id: number) => Promise<unknown>> = {
    get: (id) => posts.get(id).then((one) => one !== undefined),
    getMany: (id) => posts.getMany([id, 'none']).then(([one]) => one !== undefined),
    has: (id) => posts.has(id),
    count: (id) => posts.count().then((count) => count === id),
    countOf: (id) => posts.count({ id }).then((count) => count === 1),
    find: (id) =>
      posts
        .find({ filter: { id } })
        .toArray()
        .then(({ length }) => length === 1),
    update: (id) => posts.update(id, { n: 2 }).then(({ replaced }) => replaced === 1),
    'update of a filter': (id) => posts.update({ id }, { n: 2 }).then(({ replaced }) => replaced === 1),
    replace: (id) => posts.replace(id, { n: 3 }).then(({ replaced }) => replaced === 1),
    'insert of it again': (id) => posts.insert([{ id }]).then(({ errors }) => errors === 1),
    'insert with a function': (id) =>
      posts.insert({ id }, { conflict: (_, old) => ({ ...old, n: 4 }) }).then(({ replaced }) => replaced === 1),
    collections: (id) => db.collections().then(([info]) => info!.documents === id),
    stats: (id) => posts.stats().then(({ documents }) => documents === id),
    partitions: (id) => posts.partitions().then(([one]) => one!.documents === id),
    groupBy: (id) => posts.groupBy('id', undefined, { id }).then(({ length }) => length === 1),
    explain: (id) => posts.insert({ id }).then(({ errors }) => errors === 1),
  }
  await posts.count({ id: 0 })
  for (const [name, look] of Object.entries(looks)) {
    const written = posts.insert({ id: ++id })
    expect([name, await look(id)]).toEqual([name, true])
    expect(await written).toEqual({ ...counters, inserted: 1 })
  }
  const written = posts.insert({ id: ++id })
  expect(await posts.delete(id)).toMatchObject({ deleted: 1 })
  expect(await written).toEqual({ ...counters, inserted: 1 })
  expect(await posts.has(id)).toBe(false)
  await db.close()
})

it('answers each caller as if it had been alone, whatever the others do', async () => {
  const { db, posts } = await onDisk()
  const plain = await open(':memory:').then((memory) => memory.createCollection('posts'))
  const random = randomOf(5)
  const below = (count: number) => Math.floor(random() * count)
  const values: (() => unknown)[] = [
    () => 'x'.repeat(below(900)),
    () => 'é'.repeat(below(300)),
    () => below(5),
    () => ({ [`f${below(3)}`]: [below(9), null] }),
    () => new Date(below(99)),
    () => 'y'.repeat(20_000),
    () => '\ud800',
    () => () => {},
    () => new Map(),
  ]
  const ids: (() => unknown)[] = [
    () => below(40),
    () => `key ${below(40)}`,
    () => BigInt(below(40)),
    () => [below(3), 'a'],
    () => Number.NaN,
    () => 'k'.repeat(5_000),
    () => '\udc00',
    () => ({}),
  ]
  const of = (list: (() => unknown)[], usual: number) => list[random() < 0.9 ? below(usual) : below(list.length)]!()
  for (let round = 0; round < 60; round++) {
    const calls: ((to: Collection) => Promise<unknown>)[] = []
    for (let i = below(60); i >= 0; i--) {
      const document = { id: of(ids, 4), n: below(3), value: of(values, 5) } as never
      const which = random()
      if (which < 0.5) calls.push((to) => to.insert(document))
      else if (which < 0.85) calls.push((to) => to.upsert(document))
      else if (which < 0.9) calls.push((to) => to.delete(below(0) + i))
      else if (which < 0.94) calls.push((to) => to.update({ n: 1 }, { m: i }))
      else if (which < 0.97) calls.push((to) => to.upsert([document], { returnChanges: 'always' }))
      else calls.push((to) => to.get(i))
    }
    const run = (to: Collection) =>
      Promise.all(calls.map((call) => call(to).catch((error: Error) => `${error.name}: ${error.message}`)))
    const [got, wanted] = [await run(posts), await run(plain)]
    expect(got).toEqual(wanted)
    expect(await all(posts)).toEqual(await all(plain))
  }
  await db.close()
})

it('gives each the key that was generated for it', async () => {
  const { db, posts } = await onDisk()
  const given = [{ n: 0 }, { id: 'mine', n: 1 }, { n: 2, bad: '\ud800' }, { n: 3 }, { id: null, n: 4 }]
  const results = await Promise.all(given.map((document) => posts.insert(document as never)))
  expect(results.map(({ generatedKeys }) => generatedKeys?.length)).toEqual([1, undefined, undefined, 1, 1])
  expect(results[2]).toMatchObject({ inserted: 0, errors: 1, firstError: expect.stringContaining('lone surrogate') })
  for (const i of [0, 3, 4]) expect(await posts.get(results[i]!.generatedKeys![0]!)).toMatchObject({ n: i })
  await db.close()
})

it('takes documents as they are when the call is made', async () => {
  const { db, posts } = await onDisk()
  const document = { id: 0, list: [0] }
  const calls: Promise<unknown>[] = []
  for (let id = 0; id < 5; id++) {
    document.id = id
    document.list[0] = id * 10
    calls.push(posts.insert(document))
  }
  await Promise.all(calls)
  expect(await all(posts)).toEqual(Array.from({ length: 5 }, (_, id) => ({ id, list: [id * 10] })))
  await db.close()
})

it('keeps a getter that writes, reads or throws apart from the documents staged before', async () => {
  const { db, posts } = await onDisk()
  const inner: Promise<unknown>[] = []
  const getter = (id: number, act: () => unknown) => ({
    id,
    before: `before ${id}`,
    get value() {
      return act()
    },
    after: `after ${id}`,
  })
  const writes = () => {
    inner.push(posts.insert({ id: 90 }).catch((error: unknown) => error))
    return 2
  }
  const reads = () => {
    inner.push(posts.get(1))
    return 3
  }
  const throws = () => {
    throw new RangeError('mine')
  }
  const results = await Promise.all([
    posts.insert({ id: 1, text: 'one' }),
    posts.insert(getter(2, writes)),
    posts.insert(getter(3, reads)),
    posts.insert(getter(4, throws)),
    posts.insert({ id: 5, text: 'five' }),
  ])
  expect(results.map(({ inserted, errors }) => [inserted, errors])).toEqual([
    [1, 0],
    [1, 0],
    [1, 0],
    [0, 1],
    [1, 0],
  ])
  expect(results[3]!.firstError).toContain('mine')
  expect((await Promise.all(inner))[0]).toBeInstanceOf(StateError)
  expect(await all(posts)).toEqual([
    { id: 1, text: 'one' },
    { id: 2, before: 'before 2', value: 2, after: 'after 2' },
    { id: 3, before: 'before 3', value: 3, after: 'after 3' },
    { id: 5, text: 'five' },
  ])
  await db.close()
})

it('is durable before the database closes, and before its collection is dropped', async () => {
  const { db, posts, medium } = await onDisk()
  const other = await db.createCollection('other')
  const dropped = Array.from({ length: 5 }, (_, id) => other.insert({ id }))
  await db.dropCollection('other')
  expect((await Promise.all(dropped)).every(({ inserted }) => inserted === 1)).toBe(true)
  const written = Array.from({ length: 5 }, (_, id) => posts.insert({ id }))
  await db.close()
  expect((await Promise.all(written)).every(({ inserted }) => inserted === 1)).toBe(true)
  const again = await openDatabase({ storage: medium.reopen() })
  expect(await again.collection('posts').count()).toBe(5)
  await again.close()
})

it('is durable when sync resolves', async () => {
  const { db, posts, medium } = await onDisk()
  const written = Array.from({ length: 5 }, (_, id) => posts.insert({ id }))
  await db.sync()
  const power = medium.clone()
  await Promise.all(written)
  const again = await openDatabase({ storage: power.reopen() })
  expect(await again.collection('posts').count()).toBe(5)
  await again.close()
  await db.close()
})

it('tells every caller that the flush failed, and takes no more', async () => {
  const { db, posts, medium } = await onDisk()
  await posts.insert({ id: 'first' })
  medium.failAt(medium.operationsCount + 1, { kinds: ['flush', 'flushSync'] })
  const failures = await Promise.all(
    Array.from({ length: 9 }, (_, id) => posts.insert({ id }).catch((error: unknown) => error)),
  )
  for (const failure of failures) expect(failure).toBeInstanceOf(HostError)
  await expect(posts.insert({ id: 10 })).rejects.toThrow(PoisonedError)
  await db.close()
})

it('writes nothing of a turn that the disk has no room for, and goes on when there is', async () => {
  const { db, posts, medium } = await onDisk()
  await posts.insert({ id: 'first' })
  medium.failAt(medium.operationsCount, { kinds: ['write'], code: 'ENOSPC', lasts: 'forever' })
  const texts = Array.from({ length: 40 }, (_, id) => ({ id, text: 'x'.repeat(15_000) }))
  const refused = await Promise.all(texts.map((one) => posts.insert(one).catch((error: unknown) => error)))
  expect(refused.filter((error) => error instanceof HostError).length).toBeGreaterThan(0)
  const stored = texts.filter((_, i) => !(refused[i] instanceof Error)).length
  expect(await posts.count()).toBe(1 + stored)
  medium.heal()
  const results = await Promise.all(texts.map((one) => posts.upsert(one)))
  expect(results.every(({ errors }) => errors === 0)).toBe(true)
  await db.close()
  const again = await openDatabase({ storage: medium.reopen() })
  expect(await again.collection('posts').count()).toBe(41)
  await again.close()
})

/** Acts so many levels above the end of the stack; returns what `act` returned, or undefined when it threw. */
function nearTheEnd<R>(levels: number, act: () => R): R | undefined {
  let left = levels
  let answer: R | undefined
  const down = () => {
    try {
      down()
    } catch {}
    if (left-- !== 0) return
    try {
      answer = act()
    } catch {}
  }
  down()
  return answer
}

// What was acknowledged was not there, and half of a document stood among those of the next turn.
it('tells the truth to its callers where another call finds the stack full', async () => {
  const { db, posts } = await onDisk()
  const document = (id: number) => ({ id, text: `text é ${id}`, tags: ['a', 'b'], [`f${id % 9}`]: { x: id / 3 } })
  const acts: ((id: number) => Promise<unknown>)[] = [
    (id) => posts.insert(document(id)),
    () => posts.get(-1),
    (id) => posts.insert([document(id)]),
    () => posts.delete(-1),
  ]
  let id = 0
  for (let level = 4; level < 300; level += 3) {
    const staged = [id++, id++, id++].map((one) => [one, posts.insert(document(one))] as const)
    const other = id++
    const answer = await nearTheEnd(level, () => acts[level % 4]!(other).catch((error: unknown) => error))
    for (const [one, call] of staged) {
      const isThere = await call.then(({ inserted }) => inserted === 1).catch(() => false)
      expect(await posts.get(one)).toEqual(isThere ? document(one) : undefined)
    }
    const found = await posts.get(other)
    if (found !== undefined) expect(found).toEqual(document(other))
    else expect((answer as { inserted?: number } | undefined)?.inserted ?? 0).toBe(0)
    expect(await posts.upsert(document(other))).toMatchObject({ errors: 0 })
    expect(await posts.get(other)).toEqual(document(other))
  }
  await db.close()
})

it.each(['half of a document is staged', 'what is staged cannot be given up at once'])(
  'writes nothing of a turn in which %s',
  async (what) => {
    const { db, posts } = await onDisk()
    await posts.insert({ id: 0 })
    const { batch, store } = STATES.get(posts)!.single!
    const add = store.stage.add.bind(store.stage)
    const full = new RangeError('Maximum call stack size exceeded')
    const calls = [posts.insert({ id: 1 }), posts.insert({ id: 2 })]
    const adding = vi.spyOn(store.stage, 'add').mockImplementation((...given) => {
      add(...given)
      throw full
    })
    calls.push(posts.insert({ id: 3 }))
    adding.mockRestore()
    if (what.startsWith('half')) {
      calls.push(posts.insert({ id: 4 }))
    } else {
      const abandoning = vi.spyOn(batch, 'abandon').mockImplementation(() => {
        throw full
      })
      expect(await posts.get(1)).toBeUndefined()
      abandoning.mockRestore()
    }
    await Promise.all(calls.slice(0, 2).map((call) => expect(call).rejects.toBe(full)))
    await Promise.allSettled(calls)
    expect(await posts.has(1)).toBe(false)
    expect(await posts.has(2)).toBe(false)
    expect(await posts.insert({ id: 5 })).toMatchObject({ inserted: 1 })
    for (const one of await all(posts)) expect(Object.keys(one)).toEqual(['id'])
    await db.close()
  },
)
