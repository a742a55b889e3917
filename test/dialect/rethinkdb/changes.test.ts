// Promise: feeds tell every change once, in order, with the states and types that were asked for, and end when what they follow ends.

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { open } from '../../../src/index.ts'
import { type Any, type Case, check, err, named, r } from './cases.ts'

let connection: Any
const t = () => r.table('t')
const run = (term: Any) => term.run(connection)

beforeAll(async () => {
  connection = await r.connect()
  await run(r.tableCreate('t'))
  await run(t().indexCreate('n'))
})
afterAll(async () => await connection.close())
beforeEach(async () => {
  await run(t().delete())
})

/** The next so many changes. */
async function take(feed: Any, count: number): Promise<unknown[]> {
  const rows: unknown[] = []
  for (let i = 0; i < count; i++) rows.push(await feed.next())
  return rows
}

it('follows a table', async () => {
  const feed = await run(t().changes())
  expect(String(feed)).toBe('[object Feed]')
  await run(t().insert([{ id: 1 }, { id: 2 }]))
  await run(t().get(1).update({ a: 1 }))
  await run(t().get(1).update({ a: 1 }))
  await run(t().get(2).delete())
  expect(await take(feed, 4)).toEqual([
    { old_val: null, new_val: { id: 1 } },
    { old_val: null, new_val: { id: 2 } },
    { old_val: { id: 1 }, new_val: { id: 1, a: 1 } },
    { old_val: { id: 2 }, new_val: null },
  ])
  expect(() => feed.toArray()).toThrow('`toArray` is not available for feeds.')
  await feed.close()
  await expect(feed.next()).rejects.toThrow('Cursor is closed.')
})

it('waits for what comes later, and ends with its limit', async () => {
  const feed = await run(t().changes().limit(2))
  const rows: unknown[] = []
  const done = feed.eachAsync((row: Any) => {
    rows.push(row.new_val.id)
  })
  await run(t().insert({ id: 1 }))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await run(t().insert([{ id: 2 }, { id: 3 }]))
  await done
  expect(rows).toEqual([1, 2])
})

it('follows one document', async () => {
  const feed = await run(t().get(1).changes({ includeInitial: true, includeStates: true, includeTypes: true }))
  expect(String(feed)).toBe('[object AtomFeed]')
  await run(t().insert([{ id: 2 }, { id: 1 }]))
  await run(t().get(1).replace({ id: 1, a: 1 }))
  await run(t().delete())
  expect(await take(feed, 6)).toEqual([
    { state: 'initializing', type: 'state' },
    { new_val: null, type: 'initial' },
    { state: 'ready', type: 'state' },
    { old_val: null, new_val: { id: 1 }, type: 'add' },
    { old_val: { id: 1 }, new_val: { id: 1, a: 1 }, type: 'change' },
    { old_val: { id: 1, a: 1 }, new_val: null, type: 'remove' },
  ])
  await feed.close()
})

it('follows ranges, filters and maps', async () => {
  const range = await run(t().between(2, 4).changes())
  const filtered = await run(
    t()
      .filter((x: Any) => x('n').gt(1))
      .pluck('n')
      .changes({ include_initial: true }),
  )
  const byIndex = await run(t().getAll(5, { index: 'n' }).changes())
  await run(
    t().insert([
      { id: 1, n: 1 },
      { id: 2, n: 5 },
      { id: 3, n: 1 },
    ]),
  )
  await run(t().get(3).update({ n: 5 }))
  await run(t().get(2).update({ n: 0 }))
  expect(await take(range, 2)).toEqual([
    { old_val: null, new_val: { id: 2, n: 5 } },
    { old_val: null, new_val: { id: 3, n: 1 } },
  ])
  expect(await take(filtered, 3)).toEqual([
    { old_val: null, new_val: { n: 5 } },
    { old_val: null, new_val: { n: 5 } },
    { old_val: { n: 5 }, new_val: null },
  ])
  expect(await take(byIndex, 3)).toEqual([
    { old_val: null, new_val: { id: 2, n: 5 } },
    { old_val: null, new_val: { id: 3, n: 5 } },
    { old_val: { id: 2, n: 5 }, new_val: null },
  ])
  for (const feed of [range, filtered, byIndex]) await feed.close()
})

it('follows unions, with what is done to their rows', async () => {
  const both = t().union(t().between(2, 4))
  const feed = await run(
    both
      .filter((x: Any) => x('n').gt(1))
      .pluck('n')
      .changes(),
  )
  await run(
    t().insert([
      { id: 1, n: 1 },
      { id: 2, n: 5 },
    ]),
  )
  await run(t().insert({ id: 5, n: 7 }))
  const heard = await take(feed, 3)
  expect(heard.map((change: Any) => [change.old_val, change.new_val.n]).sort()).toEqual([
    [null, 5],
    [null, 5],
    [null, 7],
  ])
  await feed.close()
  await expect(run(both.limit(2).changes())).rejects.toThrow('Cannot call `changes` on a slice of a union')
})

it('follows keys as often as they are named, and what intersects a shape', async () => {
  const twice = await run(t().getAll(1, 2, 1).changes())
  await run(t().indexCreate('place', { geo: true }))
  await run(t().indexWait())
  const near = await run(
    t()
      .getIntersecting(r.circle([0, 0], 1000), { index: 'place' })
      .pluck('id')
      .changes(),
  )
  await run(
    t().insert([
      { id: 1, place: r.point(0, 0) },
      { id: 2, place: r.point(20, 20) },
    ]),
  )
  await run(
    t()
      .get(2)
      .update({ place: r.point(0.001, 0) }),
  )
  expect((await take(twice, 4)).map((change: Any) => change.new_val.id)).toEqual([1, 1, 2, 2])
  expect(await take(near, 2)).toEqual([
    { old_val: null, new_val: { id: 1 } },
    { old_val: null, new_val: { id: 2 } },
  ])
  for (const feed of [twice, near]) await feed.close()
})

it('leaves out rows for which a step fails', async () => {
  const mapped = await run(
    t()
      .map((x: Any) => x('n').add(1))
      .changes(),
  )
  const first = await run(
    t()
      .orderBy({ index: 'id' })
      .filter((x: Any) => x('n').add(1).gt(0))
      .limit(2)
      .changes(),
  )
  await run(t().insert({ id: 1, n: 'x' }))
  await run(t().insert({ id: 2, n: 3 }))
  await run(t().get(2).update({ n: 'y' }))
  expect(await take(mapped, 2)).toEqual([
    { old_val: null, new_val: 4 },
    { old_val: 4, new_val: null },
  ])
  expect(await take(first, 2)).toEqual([
    { old_val: null, new_val: { id: 2, n: 3 } },
    { old_val: { id: 2, n: 3 }, new_val: null },
  ])
  for (const feed of [mapped, first]) await feed.close()
})

it('follows the first of an index that has a document several times', async () => {
  await run(t().indexCreate('tags', { multi: true }))
  await run(t().indexWait())
  await run(t().insert({ id: 1, tags: [1, 2] }))
  const feed = await run(t().orderBy({ index: 'tags' }).limit(3).changes())
  await run(t().insert({ id: 2, tags: [0, 3] }))
  await run(t().get(1).delete())
  const changes = await take(feed, 3)
  expect(changes.map((change: Any) => [change.old_val?.id, change.new_val?.id])).toEqual([
    [undefined, 2],
    [1, 2],
    [1, undefined],
  ])
  await feed.close()
})

it('follows the first of an order', async () => {
  await run(
    t().insert([
      { id: 1, n: 1 },
      { id: 2, n: 2 },
      { id: 3, n: 3 },
    ]),
  )
  const feed = await run(
    t()
      .orderBy({ index: r.desc('n') })
      .limit(2)
      .changes({ includeInitial: true, includeOffsets: true }),
  )
  expect(String(feed)).toBe('[object OrderByLimitFeed]')
  expect(await take(feed, 2)).toEqual([
    { new_val: { id: 3, n: 3 }, new_offset: 0 },
    { new_val: { id: 2, n: 2 }, new_offset: 1 },
  ])
  await run(t().insert({ id: 4, n: 4 }))
  await run(t().get(4).delete())
  expect(await take(feed, 2)).toEqual([
    { old_val: { id: 2, n: 2 }, new_val: { id: 4, n: 4 }, old_offset: 1, new_offset: 0 },
    { old_val: { id: 4, n: 4 }, new_val: { id: 2, n: 2 }, old_offset: 0, new_offset: 1 },
  ])
  await feed.close()
})

it('joins feeds, squashes changes, and tells what it lost', async () => {
  const union = await run(
    t()
      .filter({ n: 1 })
      .union(t().filter({ n: 2 }))
      .changes(),
  )
  expect(String(union)).toBe('[object UnionedFeed]')
  const squashed = await run(t().changes({ squash: true }))
  const small = await run(t().changes({ changefeedQueueSize: 2 }))
  await run(
    t().insert([
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ]),
  )
  await run(t().get(1).update({ n: 3 }))
  await run(t().get(1).update({ n: 1 }))
  expect(await take(union, 2)).toHaveLength(2)
  expect(await take(squashed, 2)).toEqual([
    { old_val: null, new_val: { id: 1, n: 1 } },
    { old_val: null, new_val: { id: 2, n: 2 } },
  ])
  expect((await take(small, 1))[0]).toEqual({ error: 'Changefeed cache over array size limit, skipped 2 elements.' })
  for (const feed of [union, squashed, small]) await feed.close()
})

it('keeps what it tells apart from what callers do with their documents', async () => {
  const feed = await run(t().changes())
  const document = { id: 1, list: [1] }
  await run(t().insert(document))
  document.list.push(2)
  expect(await feed.next()).toEqual({ old_val: null, new_val: { id: 1, list: [1] } })
  await feed.close()
})

it('ends with the table, and with the connection', async () => {
  await run(r.tableCreate('gone'))
  const feed = await run(r.table('gone').changes())
  const next = feed.next()
  await run(r.tableDrop('gone'))
  await expect(next).rejects.toMatchObject({
    name: 'ReqlOpFailedError',
    msg: 'Changefeed aborted (table unavailable).',
  })
  const other = await r.connect({ database: connection.database })
  const open = await t().changes().run(other)
  const waiting = open.next()
  await other.close()
  await expect(waiting).rejects.toMatchObject({ name: 'ReqlRuntimeError', msg: 'Connection is closed.' })
})

it('is waited for by a query that needs more of it', async () => {
  const second = run(t().changes().nth(1)('new_val')('id'))
  const both = run(t().changes().limit(2)('new_val')('id').coerceTo('array'))
  const mapped = await run(r.map(t().changes(), r.range(), (change: Any, n: Any) => [change('new_val')('id'), n]))
  await run(t().insert({ id: 1 }))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await run(t().insert({ id: 2 }))
  expect(await second).toBe(2)
  expect([...(await both)]).toEqual([1, 2])
  expect(await take(mapped, 2)).toEqual([
    [1, 0],
    [2, 1],
  ])
  await mapped.close()
})

it('calls back by events', async () => {
  const feed = await run(t().changes())
  const seen = new Promise((resolve) => feed.on('data', resolve))
  expect(() => feed.next()).toThrow(
    'You cannot use the cursor interface and the EventEmitter interface at the same time.',
  )
  await run(t().insert({ id: 7 }))
  expect(await seen).toEqual({ old_val: null, new_val: { id: 7 } })
  await feed.close()
})

const refused: Case[] = [
  [() => r.expr([1]).changes(), err('QueryLogic', 'Cannot call `changes` on an eager stream.')],
  [() => r.range().changes(), err('QueryLogic', 'Cannot call `changes` on an eager stream.')],
  [() => t().limit(2).changes(), err('QueryLogic', 'Cannot get changes on the first elements of an unordered stream.')],
  [() => t().orderBy('n').changes(), err('QueryLogic', 'Cannot call `changes` on an eager stream.')],
  [
    () =>
      t()
        .concatMap((x: Any) => [x])
        .changes(),
    err('QueryLogic', 'Cannot call `changes` after `concat_map`.'),
  ],
  [() => t().group('n').changes(), err('QueryLogic', 'Cannot call `changes` after `group`.')],
  [
    () =>
      t()
        .map(() => r.random())
        .changes(),
    err('QueryLogic', 'Cannot call `changes` after a non-deterministic function.'),
  ],
  [
    () => t().changes({ squash: -1 }),
    err('QueryLogic', 'Expected BOOL or a positive NUMBER but found a negative NUMBER.'),
  ],
  [() => t().changes({ squash: 'x' }), err('QueryLogic', 'Expected BOOL or NUMBER but found STRING.')],
  [
    () => t().changes({ changefeedQueueSize: 0 }),
    err('QueryLogic', 'Illegal changefeed queue size `0`.  (Must be >= 1.)'),
  ],
  [() => t().changes({ changefeedQueueSize: 1.5 }), err('QueryLogic', 'Number not an integer: 1.5')],
  [() => t().changes().count(), err('QueryLogic', /^Cannot call a terminal/)],
]
it.each(named(refused))('%s', async (_, one) => await check(connection, one))

it('hears of writes through every interface on the database', async () => {
  const database = await open(':memory:')
  const posts: Any = await database.createCollection('posts', { shards: 2 })
  await posts.createPartition('old')
  const own = await r.connect({ database })
  const feed = await r.table('posts').changes().run(own)
  const high = await r.table('posts').filter(r.row('n').gt(5)).changes().run(own)
  await posts.insert([
    { id: 1, n: 1, at: new Date(5), big: 7n },
    { id: 2, n: 9 },
  ])
  await posts.upsert({ id: 1, n: 2 })
  await posts.update({ n: 2 }, { n: 7 })
  await posts.update(1, { n: 7 })
  await posts.insert(
    { id: 2, n: 10 },
    { conflict: (_key: Any, old: Any, next: Any) => ({ ...old, ...next, both: true }) },
  )
  await posts.insert([{ id: 3 }, { id: 2 }], { atomic: true })
  await posts.insert({ id: 2, n: 11 }, { conflict: 'replace', partition: 'old' })
  await posts.delete({})
  const told = (await take(feed, 8)).map((row: Any) => [row.old_val, row.new_val])
  // Documents of two shards come shard by shard.
  expect(told.slice(0, 2)).toHaveLength(2)
  expect(told.slice(0, 2)).toEqual(
    expect.arrayContaining([
      [null, { id: 1, n: 1, at: new Date(5), big: 7 }],
      [null, { id: 2, n: 9 }],
    ]),
  )
  expect(told.slice(2, 5)).toEqual([
    [
      { id: 1, n: 1, at: new Date(5), big: 7 },
      { id: 1, n: 2 },
    ],
    [
      { id: 1, n: 2 },
      { id: 1, n: 7 },
    ],
    [
      { id: 2, n: 9 },
      { id: 2, n: 10, both: true },
    ],
  ])
  expect(told.slice(5)).toEqual(
    expect.arrayContaining([
      [{ id: 2, n: 10, both: true }, null],
      [null, { id: 2, n: 11 }],
    ]),
  )
  expect((await take(high, 3)).map((row: Any) => row.new_val)).toEqual([
    { id: 2, n: 9 },
    { id: 1, n: 7 },
    { id: 2, n: 10, both: true },
  ])
  await high.close()
  const last = feed.eachAsync(() => {})
  await database.dropCollection('posts')
  await expect(last).rejects.toThrow('Changefeed aborted (table unavailable)')
  await own.close()
  await database.close()
})

// Of more than 200 changes that a program had not read yet, each 201st was lost.
it('tells every change, however many wait to be read', async () => {
  await run(r.tableCreate('many'))
  const many = r.table('many')
  await run(many.insert(r.range(1000).map((id: Any) => ({ id }))))
  const feed = await many.changes({ includeInitial: true }).run(connection)
  await run(many.insert(r.range(1000, 2000).map((id: Any) => ({ id }))))
  const told: number[] = []
  for (let i = 0; i < 2000; i++) told.push((await feed.next()).new_val.id)
  expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, id) => id))
  await feed.close()
})

it('ends with an error where one comes behind changes that were not read', async () => {
  await run(r.tableCreate('ends'))
  const ends = r.table('ends')
  const feed = await ends
    .changes()
    .map((change: Any) => change('new_val')('n').add(1))
    .run(connection)
  await run(
    ends.insert([
      { id: 1, n: 1 },
      { id: 2, n: 'x' },
      { id: 3, n: 3 },
    ]),
  )
  expect(await feed.next()).toBe(2)
  await expect(feed.next()).rejects.toThrow('Expected type STRING but found NUMBER')
})

it('follows the tables of the system: a server that keeps its schema by a feed of table_config, as Horizon does, could not start', async () => {
  const system = r.db('rethinkdb')
  const options = { squash: true, includeInitial: true, includeStates: true, includeTypes: true }
  const databases = await run(system.table('db_config').changes())
  const tables = await run(
    system
      .table('table_config')
      .filter((row: Any) => row('db').eq('kept'))
      .map((row: Any) => ({ name: row('name'), indexes: row('indexes').filter((name: Any) => name.match('^hz_')) }))
      .changes(options),
  )
  expect(await take(tables, 2)).toEqual([
    { state: 'initializing', type: 'state' },
    { state: 'ready', type: 'state' },
  ])
  const { config_changes: made } = await run(r.dbCreate('kept'))
  expect(await databases.next()).toEqual({ old_val: null, new_val: made[0].new_val })
  await run(r.db('kept').tableCreate('a'))
  expect(await tables.next()).toEqual({ old_val: null, new_val: { name: 'a', indexes: [] }, type: 'add' })
  const a = { name: 'a', indexes: ['hz_b'] }
  await run(r.db('kept').table('a').indexCreate('of no interest'))
  await run(r.db('kept').table('a').indexCreate('hz_b'))
  expect(await tables.next()).toEqual({ old_val: { name: 'a', indexes: [] }, new_val: a, type: 'change' })
  await run(r.db('kept').table('a').config().update({ name: 'b' }))
  const b = { name: 'b', indexes: ['hz_b'] }
  expect(await tables.next()).toEqual({ old_val: a, new_val: b, type: 'change' })
  await run(r.dbDrop('kept'))
  expect(await tables.next()).toEqual({ old_val: b, new_val: null, type: 'remove' })
  expect(await databases.next()).toEqual({ old_val: made[0].new_val, new_val: null })
  const both = await run(r.union(system.table('db_config'), t()).changes())
  await run(t().insert({ id: 1 }))
  expect(await both.next()).toEqual({ old_val: null, new_val: { id: 1 } })
  for (const feed of [databases, tables, both]) await feed.close()
  await expect(run(system.table('db_config').limit(1).changes())).rejects.toThrow(
    'Cannot call `changes` on an eager stream',
  )
})
