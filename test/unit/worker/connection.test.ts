// Promise: a call that goes to the worker of a page settles, whatever the caller's functions answer.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { type Database, openDatabase } from '../../../src/engine/index.ts'
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
