// Promise: a call that goes to the worker of a page settles, whatever the caller's functions answer.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { type Collection, type Database, openDatabase } from '../../../src/engine/index.ts'
import { Connection, type WorkerLike } from '../../../src/worker/connection.ts'
import type { Reply, Request } from '../../../src/worker/protocol.ts'
import { remoteDatabase } from '../../../src/worker/remote.ts'
import { Server } from '../../../src/worker/server.ts'
import { collect } from '../../core/garbage.ts'

/** Both ends in one process; what crosses is cloned as between threads. */
function connect(database: Database, hear: (request: Request) => void = () => {}): Connection {
  const worker: WorkerLike = {
    onmessage: null,
    onerror: null,
    terminate: () => {},
    postMessage: (message) => {
      hear(message as Request)
      server.handle(structuredClone(message) as Request)
    },
  }
  const send = (reply: Reply) => {
    const data = structuredClone(reply)
    queueMicrotask(() => worker.onmessage!({ data }))
  }
  const server = new Server(database, send, (collections) => send({ collections }))
  return new Connection(worker, '', undefined)
}

let database: Database
let remote: Database

beforeEach(async () => {
  database = await openDatabase({ storage: null } as Parameters<typeof openDatabase>[0])
  remote = remoteDatabase(connect(database), ':memory:')
})
afterEach(() => database.close())

describe('functions of the caller, asked from the worker', () => {
  it('are asked, and their answers written', async () => {
    const posts = await remote.createCollection('posts')
    await posts.insert([{ id: 1, n: 1 }])
    await posts.update(1, (old) => ({ ...old, n: 2 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 2 })
  })

  // The refusal of the browser to clone it was thrown where messages arrive: the call never settled, and with it the page that waited.
  it('may answer what cannot be cloned: the document is refused, by its field', async () => {
    const posts = await remote.createCollection('posts')
    await posts.insert([{ id: 1, n: 1 }])
    const answer = (old: object) => ({ ...old, later: Promise.resolve(2) }) as never
    const refused = { errors: 1, firstError: expect.stringContaining('"later" is a Promise, which cannot be stored') }
    expect(await posts.update(1, answer)).toMatchObject(refused)
    expect(await posts.insert({ id: 1 }, { conflict: (_key, old) => answer(old) })).toMatchObject(refused)
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(await posts.insert({ id: 2 })).toMatchObject({ inserted: 1 })
  })
})

// The worker kept each with all that it had read, for as long as the page was there.
it('iterations that the page drops half read end in the worker, those that end do not end again', async () => {
  const database = await openDatabase({ storage: null } as Parameters<typeof openDatabase>[0])
  const [begun, ended] = [new Set<number>(), new Set<number>()]
  const connection = connect(database, (request) => {
    if ('method' in request && request.target.kind === 'cursor')
      (request.method === 'return' ? ended : begun).add(request.target.cursor)
  })
  const posts = await remoteDatabase(connection, ':memory:').createCollection('posts')
  await posts.insert(Array.from({ length: 2_000 }, (_, id) => ({ id, text: 'x'.repeat(100) })))
  const read = async (steps: number) => {
    const iteration = posts.find({ sort: '-id' })[Symbol.asyncIterator]()
    for (let i = 0; i < steps; i++) await iteration.next()
  }
  await read(2_001)
  for (let i = 0; i < 3; i++) await read(1)
  while (ended.size < 3) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect([...ended].sort()).toEqual([...begun].slice(1).sort())
  await database.close()
})

describe('handles of what is open in the worker', () => {
  // A program that asks whether there is a method, a test that compares handles and a framework that looks for words of its own took
  // the answer for yes, called it, and got a promise, which counts as true.
  it('have the methods of those that are open here, and nothing else', async () => {
    const notes = await remote.createCollection('notes')
    const pairs = [
      [remote, database],
      [notes, database.collection('notes')],
      [notes.find(), database.collection('notes').find()],
    ] as const
    for (const [far, near] of pairs) {
      const names = Object.getOwnPropertyNames(Object.getPrototypeOf(near))
      expect(names.filter((name) => !(name in far))).toEqual([])
      for (const name of ['then', 'toJSON', 'asymmetricMatch', '__v_raw', '$$typeof', 'nosuch']) {
        expect([name, Reflect.get(far, name)]).toEqual([name, undefined])
      }
    }
    expect(JSON.stringify({ remote, notes })).toContain('"name":"notes"')
  })

  // They went on with the next collection of the name, whatever was in it.
  it('fail once their collection is dropped', async () => {
    for (const db of [database, remote]) {
      const notes = await db.createCollection('notes')
      const cursor = notes.find()
      await db.dropCollection('notes')
      await (await db.createCollection('notes')).insert({ id: 1 })
      const calls = [
        () => notes.get(1),
        () => notes.insert({ id: 2 }),
        () => notes.insert([{ id: 2 }].values()),
        () => notes.delete({}),
        () => cursor.toArray(),
        () => notes[Symbol.asyncIterator]().next(),
      ]
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({ code: 'QUIVER_CLOSED', message: 'collection "notes" was dropped' })
      }
      expect(await db.collection('notes').count()).toBe(1)
      await db.dropCollection('notes')
    }
  })

  // Kept in a reactive state of Vue or Svelte they became proxies without methods.
  it('are no plain objects', async () => {
    const notes = await remote.createCollection('notes')
    for (const far of [remote, notes, notes.find()]) expect(Object.getPrototypeOf(far)).not.toBe(Object.prototype)
    expect([remote, notes, notes.find()].map(String)).toEqual([
      '[object Database]',
      '[object Collection]',
      '[object Cursor]',
    ])
  })

  // Each call of next() began a search of its own: a loop by hand showed the first page for ever.
  it('page through hits by hand', async () => {
    const notes = await remote.createCollection('notes', { vectors: { v: { dimension: 1 } } })
    await notes.insert([1, 2, 3].map((id) => ({ id, v: [id] })))
    const pages = notes.searchIterator({ vector: [0], batch: 1 })
    const taken = [await pages.next(), await pages.next(), await pages.next(), await pages.next()]
    expect(taken.map(({ value }) => value?.[0]?.id)).toEqual([1, 2, 3, undefined])
    await expect(pages.throw(new RangeError('enough'))).rejects.toThrow('enough')
  })
})

// The refusal named a collection that nobody had made, and left it behind in the database.
it('an interface that reads without promises refuses a database in a worker, and makes nothing in it', async () => {
  await expect(r.connect({ database: remote })).rejects.toThrow('the database is in a worker')
  expect(await remote.collections()).toEqual([])
})

describe('inserts from a source in the page', () => {
  const both = async (insert: (posts: Collection) => Promise<unknown>) => {
    const outcomes: unknown[] = []
    for (const db of [database, remote]) {
      const posts = await db.createCollection('posts')
      const answer = await insert(posts).catch((error: Error) => `${error.name}: ${error.message}`)
      outcomes.push({ answer, stored: await posts.find({ sort: 'id' }).toArray() })
      await db.dropCollection('posts')
    }
    expect(outcomes[1]).toEqual(outcomes[0])
    return outcomes[1] as { answer: unknown; stored: object[] }
  }

  // All 1,000 places of a batch held the last state of the one object: the others were refused, as its key was taken.
  it('may get the same object again and again', async () => {
    const { stored } = await both((posts) => {
      const one = { id: 0, tags: [0] }
      const source = function* () {
        for (; one.id < 5; one.id++) {
          one.tags[0] = one.id
          yield one
        }
      }
      return posts.insert(source())
    })
    expect(stored).toEqual([0, 1, 2, 3, 4].map((id) => ({ id, tags: [id] })))
  })

  // Of 1,500 documents the refused one was "position 200 of the batch": of which batch, nobody could tell.
  it('say where in the source a refused document stands', async () => {
    const documents = Array.from({ length: 1_500 }, (_, at) => ({ id: at === 1_200 ? 7 : at }))
    const { answer } = await both((posts) => posts.insert(documents.values(), { returnChanges: 'always' }))
    const text = 'collection "posts" already has a document with id 7 (position 1200 of the batch)'
    expect(answer).toMatchObject({ inserted: 1_499, firstError: text })
    expect((answer as { changes: object[] }).changes[1_200]).toMatchObject({ error: text })
  })

  async function* stuck(): AsyncGenerator<object> {
    yield { id: 1 }
    await new Promise(() => {})
  }

  // The time limit was that of each batch, and of none while the source kept the page waiting: for ever.
  it.each([
    ['a timeout', stuck, () => ({ timeout: 20 }), 'took longer than 20 ms; the batches acknowledged before stay'],
    [
      'a timeout of all or nothing',
      stuck,
      () => ({ timeout: 20, atomic: true }),
      'took longer than 20 ms; nothing was written',
    ],
    ['a signal', stuck, () => ({ signal: AbortSignal.timeout(20) }), 'TimeoutError: '],
    ['a timeout that is none', () => [{ id: 1 }].values(), () => ({ timeout: -1 }), 'a number of milliseconds above 0'],
  ])('end by %s while they wait for the source', async (_, source, options, text) => {
    expect((await both((posts) => posts.insert(source(), options()))).answer).toContain(text)
  })

  it('end when the database is closed while they wait for the source', async () => {
    const posts = await remote.createCollection('posts')
    let isEnded = false
    const source = stuck()
    source.return = async () => {
      isEnded = true
      return { value: undefined, done: true }
    }
    const refused = expect(posts.insert(source)).rejects.toThrow('database ":memory:" is closed')
    await remote.close()
    await refused
    expect(isEnded).toBe(true)
  })

  // A thousand documents were sent at a time, of any size.
  it('are sent in batches of about a megabyte', async () => {
    let calls = 0
    const far = remoteDatabase(
      connect(database, (request) => {
        if ('method' in request && request.method === 'insert') calls++
      }),
      ':memory:',
    )
    const posts = await far.createCollection('posts')
    const text = 'x'.repeat(300_000)
    const documents = function* () {
      for (let id = 0; id < 12; id++) yield { id, text }
    }
    expect(await posts.insert(documents())).toMatchObject({ inserted: 12 })
    expect(calls).toBe(4)
  })

  it('refuse what is no iterator', async () => {
    const source = { [Symbol.iterator]: () => ({ next: () => 5 }) } as never
    expect((await both((posts) => posts.insert(source))).answer).toContain('its next() returned 5')
  })

  it('take the elements that a Set has now', async () => {
    await both((posts) => {
      const set = new Set([{ id: 1 }])
      const inserted = posts.insert(set as never)
      set.add({ id: 2 })
      return inserted
    })
  })
})
