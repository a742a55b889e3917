// Promise: connections, cursors, array results, callbacks and run options are those of the official driver; the pages the project
// began with work as they are written.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EpsillaDB } from '../../../src/dialect/epsilla/index.ts'
import { MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { SeekdbClient } from '../../../src/dialect/seekdb/index.ts'
import { open } from '../../../src/index.ts'
import { type Any, r } from './cases.ts'

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
})
afterAll(async () => await connection.close())

describe('connections', () => {
  it('open in memory, by callback, on an open database, and tell what they are', async () => {
    const called: Any = await new Promise((resolve, reject) =>
      r.connect((error: Any, made: Any) => (error ? reject(error) : resolve(made))),
    )
    expect(called.isOpen()).toBe(true)
    expect(await called.server()).toMatchObject({ name: 'quiverdb', proxy: false })
    await called.close()
    const database = await open(':memory:')
    const posts = await database.createCollection('posts')
    await posts.insert({ id: 1, at: new Date(5), big: 5n, bytes: new Uint8Array([1]) })
    const on = await r.connect({ database })
    expect(await r.table('posts').get(1).run(on)).toEqual({ id: 1, at: new Date(5), big: 5, bytes: Buffer.from([1]) })
    await r
      .table('posts')
      .insert({ id: 2, at: r.epochTime(1) })
      .run(on)
    expect(await posts.get(2)).toEqual({ id: 2, at: new Date(1000) })
    await r.tableCreate('made').run(on)
    expect((await database.collections()).map(({ name }) => name)).toContain('test.made')
    await on.close()
    await database.close()
  })

  it('use, close, reconnect and say so', async () => {
    const own = await r.connect({ db: 'test' })
    await r.tableCreate('t').run(own)
    own.use('nope')
    expect(own.db).toBe('nope')
    await expect(r.table('t').run(own)).rejects.toMatchObject({ msg: 'Database `nope` does not exist.' })
    own.use('test')
    const events: string[] = []
    own.on('close', () => events.push('close'))
    own.on('connect', () => events.push('connect'))
    await own.close({ noreplyWait: false })
    expect(own.open).toBe(false)
    await expect(r.expr(1).run(own)).rejects.toMatchObject({ name: 'ReqlDriverError', msg: 'Connection is closed.' })
    await expect(own.noreplyWait()).rejects.toThrow('Connection is closed.')
    expect(await own.reconnect()).toBe(own)
    expect(await r.table('t').count().run(own)).toBe(0)
    expect(events).toEqual(['close', 'connect'])
    expect(() => own.close({ x: 1 })).toThrow('First argument to two-argument `close` must be { noreplyWait: <bool> }.')
    await own.close()
  })

  it('run in all the ways there are', async () => {
    expect(await r.expr(1).run(connection)).toBe(1)
    expect(await new Promise((resolve) => r.expr(1).run(connection, (_: Any, value: Any) => resolve(value)))).toBe(1)
    expect(await new Promise((resolve) => r.expr(1).run(connection, {}, (_: Any, value: Any) => resolve(value)))).toBe(
      1,
    )
    const failed: Any = await new Promise((resolve) => r.error('x').run(connection, (error: Any) => resolve(error)))
    expect(failed).toBeInstanceOf(r.Error.ReqlUserError)
    expect(failed).toBeInstanceOf(r.Error.RqlRuntimeError)
    expect(failed.message).toBe('x in:\nr.error("x")\n^^^^^^^^^^^^')
    await expect(r.expr(1).run()).rejects.toThrow('First argument to `run` must be an open connection.')
    await expect(
      r.expr(1).run(
        connection,
        () => {},
        () => {},
      ),
    ).rejects.toThrow('Second argument to `run` cannot be a function')
    await expect(r.expr(1).run(connection, {}, 5)).rejects.toThrow('If provided, the callback must be a function.')
    await expect(r.expr(Number.NaN).run(connection)).rejects.toThrow('Illegal non-finite number `NaN`.')
    await r.tableCreate('quiet').run(connection)
    expect(await r.table('quiet').insert({ id: 1 }).run(connection, { noreply: true })).toBe(undefined)
    await connection.noreplyWait()
    expect(await r.table('quiet').count().run(connection)).toBe(1)
  })

  it('a host needs the official driver, which says what is wrong', async () => {
    await expect(r.connect({ host: '127.0.0.1', port: 1, timeout: 1 })).rejects.toMatchObject({
      name: 'ReqlDriverError',
    })
  })
})

describe('cursors', () => {
  it('next, each, eachAsync, toArray, close, iteration', async () => {
    const cursor = await r.range(5).run(connection)
    expect(String(cursor)).toBe('[object Cursor]')
    expect(await cursor.next()).toBe(0)
    expect(await new Promise((resolve) => cursor.next((_: Any, value: Any) => resolve(value)))).toBe(1)
    expect(await cursor.toArray()).toEqual([2, 3, 4])
    await expect(cursor.next()).rejects.toMatchObject({ name: 'ReqlDriverError', msg: 'No more rows in the cursor.' })
    const seen: number[] = []
    const each = await r.range(5).run(connection)
    await new Promise<void>((resolve) =>
      each.each((_: Any, row: number) => {
        seen.push(row)
        return row < 2
      }, resolve),
    )
    expect(seen).toEqual([0, 1, 2])
    const doubled: number[] = []
    const async = await r.range(450).run(connection)
    await async.eachAsync(
      async (row: number) => {
        await Promise.resolve()
        doubled.push(row * 2)
      },
      { concurrency: 8 },
    )
    expect(doubled).toHaveLength(450)
    await expect((await r.range(5).run(connection)).eachAsync(() => 1)).rejects.toThrow(
      'Row handler for eachAsync may only return undefined',
    )
    // What a handler calls back with ends it as an error with that text; `error.message` was undefined, for a bare text came.
    const stopped = (stop: unknown) => (_row: number, finished: Any) => finished(stop)
    await expect((await r.range(5).run(connection)).eachAsync(stopped('enough'))).rejects.toThrow(new Error('enough'))
    await expect((await r.range(5).run(connection)).eachAsync(stopped(new RangeError('x')))).rejects.toThrow(RangeError)
    await (await r.range(5).run(connection)).eachAsync(stopped(false))
    const iterated: number[] = []
    for await (const row of await r.range(3).run(connection)) iterated.push(row)
    expect(iterated).toEqual([0, 1, 2])
    const closed = await r.range().run(connection)
    await closed.close()
    await expect(closed.next()).rejects.toThrow('Cursor is closed.')
    expect(() => closed.hasNext()).toThrow()
    expect(() => closed.each()).toThrow('Expected between 1 and 2 arguments but found 0.')
  })

  it('arrays are arrays that can be read like cursors', async () => {
    const rows = await r.expr([1, 2, 3]).run(connection)
    expect(Array.isArray(rows)).toBe(true)
    expect(Object.keys(rows)).toEqual(['0', '1', '2'])
    expect(await rows.next()).toBe(1)
    expect(await rows.toArray()).toEqual([2, 3])
    const seen: number[] = []
    await rows.eachAsync((row: number) => {
      seen.push(row)
    })
    expect(seen).toEqual([2, 3])
    await expect(rows.next()).rejects.toThrow('No more rows in the cursor.')
    expect([...rows].map((x: number) => x + 1)).toEqual([2, 3, 4])
    await rows.close()
    await expect(rows.next()).rejects.toThrow('Cursor is closed.')
  })

  it('errors of later rows come with the row', async () => {
    const cursor = await r
      .range(300)
      .map((x: Any) => r.branch(x.eq(250), r.error('late'), x))
      .run(connection)
    await expect(cursor.toArray()).rejects.toMatchObject({ name: 'ReqlUserError', msg: 'late' })
    await expect(
      r
        .range(3)
        .map((x: Any) => x.div(0))
        .run(connection),
    ).rejects.toThrow('Cannot divide by zero')
  })
})

describe('the pages the project began with', () => {
  it('insert, in the Python spelling', async () => {
    for (const name of ['posts', 'users', 'posts_backup']) await r.tableCreate(name).run(connection)
    const counters = { deleted: 0, errors: 0, inserted: 1, replaced: 0, skipped: 0, unchanged: 0 }
    expect(
      await r.table('posts').insert({ id: 1, title: 'Lorem ipsum', content: 'Dolor sit amet' }).run(connection),
    ).toEqual(counters)
    const made = await r.table('posts').insert({ title: 'Lorem ipsum', content: 'Dolor sit amet' }).run(connection)
    expect(made).toEqual({ ...counters, generated_keys: [expect.any(String)] })
    expect(await r.table('posts').get(made.generated_keys[0]).run(connection)).toEqual({
      id: made.generated_keys[0],
      title: 'Lorem ipsum',
      content: 'Dolor sit amet',
    })
    const users = [
      { id: 'william', email: 'william@rethinkdb.com' },
      { id: 'lara', email: 'lara@rethinkdb.com' },
    ]
    expect(await r.table('users').insert(users).run(connection)).toEqual({ ...counters, inserted: 2 })
    expect(await r.table('users').insert({ id: 'william', email: 'new' }, { upsert: true }).run(connection)).toEqual({
      ...counters,
      inserted: 0,
      replaced: 1,
    })
    expect(await r.table('users').insert({ id: 'william', email: 'new' }, { upsert: true }).run(connection)).toEqual({
      ...counters,
      inserted: 0,
      unchanged: 1,
    })
    expect(await r.table('posts_backup').insert(r.table('posts')).run(connection)).toEqual({ ...counters, inserted: 2 })
    const told = await r.table('posts').insert({ title: 'Lorem ipsum' }, { return_vals: true }).run(connection)
    expect(told).toEqual({
      ...counters,
      generated_keys: [told.new_val.id],
      old_val: null,
      new_val: { id: told.new_val.id, title: 'Lorem ipsum' },
    })
  })

  it('insert, in the JavaScript spelling', async () => {
    await r.tableCreate('marvel').run(connection)
    const byCallback = (term: Any) =>
      new Promise<Any>((resolve, reject) =>
        term.run(connection, (error: Any, value: Any) => (error ? reject(error) : resolve(value))),
      )
    const marvel = r.table('marvel')
    expect(await byCallback(marvel.insert({ superhero: 'Iron Man', superpower: 'Arc Reactor' }))).toMatchObject({
      inserted: 1,
    })
    expect(
      await byCallback(
        marvel.insert(
          [
            { superhero: 'Wolverine', superpower: 'Adamantium' },
            { superhero: 'Spiderman', superpower: 'spidy sense' },
          ],
          { durability: 'soft' },
        ),
      ),
    ).toMatchObject({ inserted: 2 })
    expect(
      await byCallback(marvel.insert({ superhero: 'Iron Man', superpower: 'Arc Reactor' }, { upsert: true })),
    ).toMatchObject({ inserted: 1 })
    expect(
      await byCallback(
        marvel.insert({ superhero: 'Iron Man', superpower: 'Arc Reactor' }, { upsert: true, return_vals: true }),
      ),
    ).toMatchObject({ old_val: null, new_val: { superhero: 'Iron Man' } })
    expect(
      await byCallback(marvel.insert({ superhero: 'Hulk' }, { durability: 'soft', returnVals: true, upsert: true })),
    ).toMatchObject({ new_val: { superhero: 'Hulk' } })
  })
})

// They were acknowledged before they were written: a process that was killed right after lost them.
it('keeps databases, tables, indexes and hooks on disk once it has answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quiverdb-acknowledged-'))
  const path = join(folder, 'store')
  const first = await r.connect({ path })
  const t = r.db('d').table('t')
  const steps: [term: Any, look: Any, expected: unknown][] = [
    [r.dbCreate('d'), r.dbList().contains('d'), true],
    [r.db('d').tableCreate('s', { durability: 'soft' }), r.db('d').table('s').config()('durability'), 'soft'],
    [r.db('d').table('s').config().update({ name: 't' }), r.db('d').tableList(), ['t']],
    [t.indexCreate('multi', { multi: true }), t.indexList(), ['multi']],
    [t.indexCreate('plain'), t.indexList(), ['multi', 'plain']],
    [t.indexRename('multi', 'many'), t.indexList(), ['many', 'plain']],
    [t.indexDrop('plain'), t.indexList(), ['many']],
    [t.setWriteHook((_a: Any, _b: Any, next: Any) => next), t.getWriteHook().typeOf(), 'OBJECT'],
    [t.config().update({ durability: 'hard' }), t.config()('durability'), 'hard'],
    [r.db('d').tableDrop('t'), r.db('d').tableList(), []],
    [r.dbDrop('d'), r.dbList().contains('d'), false],
  ]
  const lost: string[] = []
  for (const [i, [term, look, expected]] of steps.entries()) {
    await term.run(first)
    // What a killed process leaves behind.
    const copy = join(folder, `copy${i}`)
    cpSync(path, copy, { recursive: true, filter: (file) => !file.includes('quiver.lock') })
    const other = await r.connect({ path: copy })
    const seen = await look.run(other).then(
      (value: unknown) => JSON.stringify(value),
      (error: Any) => error.msg,
    )
    if (seen !== JSON.stringify(expected)) lost.push(`${term}: ${seen}`)
    await other.close()
  }
  expect(lost).toEqual([])
  await first.close()
  rmSync(folder, { recursive: true })
})

// A program that drops every table of every database took with it what the other dialects on the store know of their collections.
it('does not show as tables what other dialects keep their books in', async () => {
  const database = await open(':memory:')
  const client = new MilvusClient({ database })
  await client.createCollection({ collection_name: 'vectors', dimension: 2 })
  await new EpsillaDB({ database }).createTable('words', [{ name: 'v', dataType: 'VECTOR_FLOAT', dimensions: 2 }])
  const seekdb = new SeekdbClient({ database })
  await seekdb.createCollection({ name: 'texts' })
  const on = await r.connect({ database })
  expect(await r.dbList().run(on)).toEqual(['rethinkdb', 'test'])
  expect(await r.tableList().run(on)).toEqual(['vectors', 'words'])
  await expect(r.tableDrop('seekdb').run(on)).rejects.toThrow('Table `test.seekdb` does not exist')
  await r.dbCreate('milvus').run(on)
  await r.db('milvus').tableCreate('catalog').run(on)
  expect(await r.db('milvus').table('catalog').count().run(on)).toBe(0)
  expect(await client.listCollections()).toMatchObject({ collection_names: ['vectors'] })
  await database.close()
})

// "Invalid value used as weak map key", and for an `open` that was not awaited "database.collections is not a function".
it('says what `database` takes', async () => {
  const says = (text: string) => `database takes an open database, what open() returns; got ${text}`
  await expect(r.connect({ database: 'blog' })).rejects.toThrow(says('"blog"'))
  await expect(r.connect({ database: null })).rejects.toThrow(says('null'))
  const opening = open(':memory:')
  await expect(r.connect({ database: opening })).rejects.toThrow(says('a promise: await it'))
  await (await opening).close()
})

// Each was refused as if another process had the directory: a program with `./data` here and its full path there could not start.
it('shares a directory by all spellings of its path, and with the other dialects', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quiverdb-spelt-'))
  const path = join(folder, 'data')
  const connections: Any[] = await Promise.all([
    r.connect({ path }),
    r.connect({ path: `${path}/` }),
    r.connect({ path: relative(process.cwd(), path) }),
  ])
  await r.tableCreate('t').run(connections[0])
  const client = new MilvusClient(path)
  await client.createCollection({ collection_name: 'vectors', dimension: 2 })
  for (const one of connections.slice(0, 2)) await one.close()
  await r.table('t').insert({ id: 1 }).run(connections[2])
  expect(await r.table('vectors').count().run(connections[2])).toBe(0)
  // Closing and opening at once.
  const [, again] = await Promise.all([connections[2].close(), r.connect({ path })])
  await client.closeConnection()
  expect(await r.table('t').count().run(again)).toBe(1)
  const [, last] = await Promise.all([again.close(), r.connect({ path: `${path}/.` })])
  expect(await r.table('t').count().run(last)).toBe(1)
  await last.close()
  rmSync(folder, { recursive: true })
})
