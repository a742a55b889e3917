// biome-ignore-all lint/suspicious/useIterableCallbackReturn: ReQL's forEach answers its writes

// Promise: databases, tables, indexes and what is read through them behave as on a server.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Any, answer, bag, type Case, check, err, named, partial, r } from './cases.ts'

let connection: Any
const run = (term: Any, options?: object) => answer(connection, term, options) as Promise<Any>
const t = () => r.table('t')

beforeAll(async () => {
  connection = await r.connect()
  await run(r.tableCreate('t'))
  await run(
    t().insert([
      { id: 0, a: 0, b: 0, c: 0, m: [1, 2, 3] },
      { id: 1, a: 0, b: 1, c: 1, m: [4, 5, 6] },
      { id: 2, a: 1, b: 0, c: 2, m: [7, 8, 9] },
      { id: 3, a: 1, b: 1, c: 3, m: [10, 10] },
    ]),
  )
  await run(t().indexCreate('a'))
  await run(t().indexCreate('ab', [r.row('a'), r.row('b')]))
  await run(t().indexCreate('sum', (row: Any) => row('a').add(row('b'))))
  await run(t().indexCreate('m', { multi: true }))
  await run(t().indexCreate('broken', r.row('nope')))
})
afterAll(async () => await connection.close())

const ids = (term: Any) => term('id').coerceTo('array')

const databases: Case[] = [
  [() => r.dbList(), ['rethinkdb', 'test']],
  [
    () => r.dbCreate('a_db'),
    partial({ dbs_created: 1, config_changes: [{ old_val: null, new_val: partial({ name: 'a_db' }) }] }),
  ],
  [() => r.dbCreate('a_db'), err('OpFailed', 'Database `a_db` already exists.')],
  [() => r.dbCreate('a.b'), err('QueryLogic', 'Database name `a.b` invalid (Use A-Z, a-z, 0-9, _ and - only).')],
  [() => r.db('a_db').tableCreate('x'), partial({ tables_created: 1 })],
  [() => r.db('a_db').tableList(), ['x']],
  [() => r.db('a_db').info(), partial({ type: 'DB', name: 'a_db' })],
  [() => r.db('a_db').config()('name'), 'a_db'],
  [() => r.db('a_db').config().update({ name: 'b_db' }), partial({ replaced: 1 })],
  [() => r.db('b_db').table('x').count(), 0],
  [() => r.dbDrop('b_db'), partial({ dbs_dropped: 1, tables_dropped: 1 })],
  [() => r.dbDrop('b_db'), err('OpFailed', 'Database `b_db` does not exist.')],
  [() => r.dbDrop('rethinkdb'), err('OpFailed', "Database `rethinkdb` is special; you can't delete it.")],
  [() => r.db('b_db'), err('OpFailed', 'Database `b_db` does not exist.')],
  [
    () => r.db('test'),
    err('QueryLogic', 'Query result must be of type DATUM, GROUPED_DATA, or STREAM (got DATABASE).'),
  ],
  [
    () =>
      r
        .db('test')
        .tableCreate('k', { primaryKey: 'key', durability: 'soft' })('config_changes')(0)('new_val')
        .pluck('primary_key', 'durability'),
    { primary_key: 'key', durability: 'soft' },
  ],
  [() => r.tableCreate('k'), err('OpFailed', 'Table `test.k` already exists.')],
  [() => r.tableCreate('k.'), err('QueryLogic', 'Table name `k.` invalid (Use A-Z, a-z, 0-9, _ and - only).')],
  [
    () => r.tableCreate('z', { durability: 'fake' }),
    err('QueryLogic', 'Durability option `fake` unrecognized (options are "hard" and "soft").'),
  ],
  [() => r.tableCreate('z', { shards: 0 }), err('QueryLogic', 'Every table must have at least one shard.')],
  [() => r.tableCreate('z', { fake: 1 }), err('ServerCompile', 'Unrecognized optional argument `fake`.')],
  [
    () =>
      r
        .table('k')
        .insert({ key: 1 })
        .do(() => r.table('k').get(1)),
    { key: 1 },
  ],
  [() => r.table('k').config().update({ name: 'k2', durability: 'hard' }), partial({ replaced: 1 })],
  [
    () => r.table('k2').config(),
    partial({
      name: 'k2',
      db: 'test',
      durability: 'hard',
      primary_key: 'key',
      indexes: [],
      write_acks: 'majority',
      write_hook: null,
    }),
  ],
  [() => r.table('k2').status()('status')('all_replicas_ready'), true],
  [() => r.table('k2').wait(), { ready: 1 }],
  [
    () => r.table('k2').info(),
    partial({
      type: 'TABLE',
      name: 'k2',
      primary_key: 'key',
      doc_count_estimates: [1],
      db: partial({ type: 'DB', name: 'test' }),
    }),
  ],
  [() => r.tableDrop('k2'), partial({ tables_dropped: 1 })],
  [() => r.tableDrop('k2'), err('OpFailed', 'Table `test.k2` does not exist.')],
  [() => r.table('k2'), err('OpFailed', 'Table `test.k2` does not exist.')],
  [() => r.table('t').count(), err('OpFailed', 'Database `nope` does not exist.'), { db: 'nope' }],
  [() => r.db('rethinkdb').table('table_config')('name'), ['t']],
  [() => r.db('rethinkdb').table('nope'), err('OpFailed', 'Table `rethinkdb.nope` does not exist.')],
  [
    () => r.table('t', { readMode: 'fake' }),
    err('QueryLogic', 'Read mode `fake` unrecognized (options are "majority", "single", and "outdated").'),
  ],
]

const reading: Case[] = [
  [() => t().get(1)('b'), 1],
  [() => t().get(9), null],
  [() => t().get(9)('b'), err('NonExistence', 'Cannot perform bracket on a non-object non-sequence `null`.')],
  [() => t().get(), err('ServerCompile', 'Expected 2 arguments but found 1.')],
  [() => t().getAll(0, 0)('id'), bag(0, 0)],
  [() => t().getAll(), []],
  [() => t().getAll(null), err('NonExistence', 'Keys cannot be NULL.')],
  [() => t().between(1, 3)('id'), bag(1, 2)],
  [() => t().between(1, 3, { rightBound: 'closed', leftBound: 'open' })('id'), bag(2, 3)],
  [() => t().between(r.minval, r.maxval).count(), 4],
  [() => t().between(3, 1).count(), 0],
  [
    () => t().between(null, 1),
    err('QueryLogic', 'Cannot use `null` in BETWEEN, use `r.minval` or `r.maxval` to denote unboundedness.'),
  ],
  [
    () => t().between(1, 2, { leftBound: 'x' }),
    err('QueryLogic', 'Expected `open` or `closed` for optarg `left_bound` (got `"x"`).'),
  ],
  [() => t().between(1, 2).between(1, 2), err('QueryLogic', 'Cannot perform multiple BETWEENs on the same table.')],
  [() => r.expr([1]).between(1, 2), err('QueryLogic', 'Expected type TABLE_SLICE but found DATUM:\n[\n\t1\n]')],
  [() => ids(t().orderBy('a', r.desc('b'))), [1, 0, 3, 2]],
  [() => ids(t().orderBy({ index: 'id' })), [0, 1, 2, 3]],
  [() => ids(t().orderBy({ index: r.desc('id') })), [3, 2, 1, 0]],
  [() => t().typeOf(), 'TABLE'],
  [() => t().between(0, 1).typeOf(), 'TABLE_SLICE'],
  [() => t().orderBy({ index: 'id' }).typeOf(), 'TABLE_SLICE'],
  [() => t().orderBy('a', { index: 'id' }).typeOf(), 'SELECTION<STREAM>'],
  [() => t().orderBy('a').typeOf(), 'SELECTION<ARRAY>'],
  [() => t().filter({}).typeOf(), 'SELECTION<STREAM>'],
  [() => t().getAll(1).typeOf(), 'SELECTION<STREAM>'],
  [() => t().get(1).typeOf(), 'SELECTION<OBJECT>'],
  [() => t().limit(1).typeOf(), 'SELECTION<STREAM>'],
  [() => t().nth(0).typeOf(), 'SELECTION<OBJECT>'],
  [
    () =>
      t()
        .map((x: Any) => x)
        .typeOf(),
    'STREAM',
  ],
  [
    () =>
      t()
        .orderBy('a')
        .map((x: Any) => x)
        .typeOf(),
    'ARRAY',
  ],
  [() => t().group('a').typeOf(), 'GROUPED_STREAM'],
  [() => r.db('test').typeOf(), 'DB'],
  [() => r.expr((x: Any) => x).typeOf(), 'FUNCTION'],
  [() => t().coerceTo('array').count(), 4],
  [() => t().coerceTo('string'), err('QueryLogic', 'Cannot coerce TABLE to STRING.')],
  [() => t().add(1), err('QueryLogic', 'Expected type DATUM but found TABLE:\ntable("t")')],
  [
    () => t().orderBy({ index: 'id' }).orderBy({ index: 'id' }),
    err('QueryLogic', 'Cannot perform multiple indexed ORDER_BYs on the same table.'),
  ],
  [
    () =>
      t()
        .map((x: Any) => x)
        .orderBy({ index: 'id' }),
    err(
      'QueryLogic',
      'Indexed order_by can only be performed on a TABLE or TABLE_SLICE. Make sure order_by comes before any transformations (such as map) or filters.',
    ),
  ],
  [() => t().skip(1).limit(2).count(), 2],
  [() => t().slice(1, 3).count(), 2],
  [() => t().skip(-1), err('QueryLogic', 'Cannot use a negative left index on a stream.')],
  [() => t().nth(9), err('NonExistence', 'Index out of bounds: 9')],
  [() => t().nth(-2), err('QueryLogic', 'Cannot use an index < -1 (-2) on a stream.')],
  [() => t().distinct().count(), 4],
  [() => t().isEmpty(), false],
  [() => t().contains((x: Any) => x('id').eq(2)), true],
  [() => t().sum('id'), 6],
  [() => t().min('c')('id'), 0],
  [() => t().max({ index: 'id' })('id'), 3],
  [
    () => t().group('a').count(),
    [
      { group: 0, reduction: 2 },
      { group: 1, reduction: 2 },
    ],
  ],
  [() => t().eqJoin('a', t())('right')('id'), bag(0, 0, 1, 1)],
  [() => t().map((x: Any) => x('nope')), err('NonExistence', /^No attribute `nope` in object/)],
]

const indexes: Case[] = [
  [() => t().indexList(), ['a', 'ab', 'broken', 'm', 'sum']],
  [
    () => t().indexStatus('a')(0).pluck('index', 'ready', 'multi', 'geo', 'outdated'),
    { index: 'a', ready: true, multi: false, geo: false, outdated: false },
  ],
  [() => t().indexWait().count(), 5],
  [() => t().indexStatus('a', 'a')('index'), ['a']],
  // It said that there is no index `[object Object]`.
  [() => t().indexWait({ index: 'a' }), err('QueryLogic', 'Expected type STRING but found OBJECT.')],
  [() => t().indexCreate('a'), err('OpFailed', 'Index `a` already exists on table `test.t`.')],
  [() => t().indexCreate('id'), err('QueryLogic', 'Index name conflict: `id` is the name of the primary key.')],
  [
    () => t().indexCreate('x', () => r.uuid()),
    err('QueryLogic', 'Could not prove function deterministic.  Index functions must be deterministic.'),
  ],
  [() => t().indexCreate('x', 1), err('QueryLogic', 'Expected type FUNCTION but found DATUM:\n1')],
  [() => t().indexDrop('x'), err('OpFailed', 'Index `x` does not exist on table `test.t`.')],
  [() => t().getAll(0, { index: 'nope' }), err('OpFailed', 'Index `nope` was not found on table `test.t`.')],
  [() => t().orderBy({ index: 'nope' }), err('OpFailed', 'Index `nope` was not found on table `test.t`.')],
  [() => t().between(0, 1, { index: 'nope' }), err('OpFailed', 'Index `nope` was not found on table `test.t`.')],
  [() => t().distinct({ index: 'nope' }), err('OpFailed', 'Index `nope` was not found on table `test.t`.')],
  [() => t().getAll(0, { index: 'a' })('id'), bag(0, 1)],
  [() => t().getAll([0, 1], { index: 'ab' })('id'), [1]],
  [() => t().getAll(1, { index: 'sum' })('id'), bag(1, 2)],
  [() => t().getAll(5, { index: 'm' })('id'), [1]],
  [() => t().getAll(1, 2, { index: 'm' })('id'), [0, 0]],
  [() => t().getAll(0, { index: 'broken' }).count(), 0],
  [() => ids(t().between([0, r.minval], [0, r.maxval], { index: 'ab' }).orderBy({ index: 'ab' })), [0, 1]],
  [() => ids(t().between(1, 3, { index: 'm' }).orderBy({ index: 'm' })), [0, 0]],
  [() => ids(t().orderBy({ index: r.desc('ab') })), [3, 2, 1, 0]],
  [() => ids(t().orderBy(r.desc('id'), { index: 'a' })), [1, 0, 3, 2]],
  [() => t().orderBy({ index: 'broken' }).count(), 0],
  [() => t().distinct({ index: 'a' }), [0, 1]],
  [() => t().distinct({ index: 'm' }).count(), 10],
  [
    () => t().group({ index: 'a' }).count(),
    [
      { group: 0, reduction: 2 },
      { group: 1, reduction: 2 },
    ],
  ],
  [() => t().min({ index: 'sum' })('id'), 0],
  [() => t().min({ index: 'broken' }), err('QueryLogic', '`min` found no entries in the specified index.')],
  [() => t().eqJoin('a', t(), { index: 'a' }).count(), 8],
  [
    () => t().between(0, 1, { index: 'a' }).info(),
    partial({
      type: 'TABLE_SLICE',
      index: 'a',
      left_bound: 0,
      left_bound_type: 'closed',
      right_bound: 1,
      right_bound_type: 'open',
      sorting: 'UNORDERED',
    }),
  ],
  [
    () => t().between(0, 1, { index: 'a' }).orderBy({ index: 'b' }),
    err('QueryLogic', 'Cannot order by index `b` after calling BETWEEN on index `a`.'),
  ],
  [() => t().getAll(0, { index: 'a' }).update({ seen: true }), partial({ replaced: 2 })],
  [() => t().getAll(0, { index: 'a' }).update({ a: 7 }), partial({ replaced: 2 })],
  [() => t().getAll(7, { index: 'a' })('id'), bag(0, 1)],
  [() => t().indexRename('a', 'z'), { renamed: 1 }],
  [() => t().getAll(7, { index: 'z' }).count(), 2],
  [() => t().indexRename('z', 'z'), { renamed: 0 }],
  [
    () => t().indexRename('z', 'ab'),
    err('OpFailed', 'Index `z` does not exist or index `ab` already exists on table `test.t`.'),
  ],
  [() => t().indexRename('z', 'ab', { overwrite: true }), { renamed: 1 }],
  [() => t().getAll(7, { index: 'ab' }).count(), 2],
  [() => t().indexDrop('ab'), { dropped: 1 }],
  [() => t().indexCreate('copy', t().indexStatus('sum').nth(0)('function')), { created: 1 }],
  [() => t().getAll(1, { index: 'copy' })('id'), [2]],
  [
    () => t().indexCreate('copy2', r.binary(Buffer.from('x'))),
    err(
      'QueryLogic',
      'Cannot create an sindex except from a reql_index_function returned from `index_status` in the field `function`.',
    ),
  ],
]

for (const [name, cases] of Object.entries({ databases, reading, indexes })) {
  describe(name, () => {
    it.each(named(cases))('%s', async (_, one) => await check(connection, one))
  })
}

it('keeps indexes up with every kind of write', async () => {
  await run(r.tableCreate('kept'))
  const kept = () => r.table('kept')
  await run(kept().indexCreate('n'))
  await run(kept().indexCreate('tags', { multi: true }))
  // A plain model: what each query by index answers is what filtering answers.
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  const row = (id: number) => ({ id, n: random(5), tags: [random(3), random(6)] })
  await run(kept().insert(Array.from({ length: 300 }, (_, id) => row(id))))
  for (let step = 0; step < 60; step++) {
    const id = random(320)
    const kind = random(5)
    if (kind === 0) await run(kept().insert(row(id), { conflict: 'replace' }))
    else if (kind === 1) await run(kept().get(id).delete())
    else if (kind === 2)
      await run(
        kept()
          .get(id)
          .update({ n: random(5) }),
      )
    else if (kind === 3)
      await run(
        kept()
          .getAll(random(5), { index: 'n' })
          .limit(3)
          .update({ n: random(5) }),
      )
    else if (step % 2 === 0) await run(kept().insert([row(id), row(id + 1)]))
    // Other interfaces on the database write past the dialect.
    else await connection.database.collection('test.kept').upsert(row(id))
    const n = random(5)
    const byIndex = await run(kept().getAll(n, { index: 'n' })('id').coerceTo('array'))
    const byFilter = await run(kept().filter({ n })('id').coerceTo('array'))
    expect([...byIndex].sort()).toEqual([...byFilter].sort())
    const tagged = await run(kept().getAll(n, { index: 'tags' })('id').distinct())
    const filtered = await run(
      kept()
        .filter((x: Any) => x('tags').contains(n))('id')
        .distinct(),
    )
    expect([...tagged]).toEqual([...filtered])
    const order = await run(kept().orderBy({ index: 'n' })('n').coerceTo('array'))
    expect([...order]).toEqual([...order].sort())
    expect(order.length).toBe(await run(kept().count()))
  }
})

it('keeps tables, indexes and hooks on disk', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const path = await mkdtemp(`${process.env.TMPDIR ?? '/tmp'}/quiver-reql-`)
  try {
    const first = await r.connect({ path, db: 'mine' })
    const second = await r.connect({ path })
    await r.dbCreate('mine').run(first)
    await r.tableCreate('t', { primaryKey: 'k' }).run(first)
    const limit = 2
    await r
      .table('t')
      .indexCreate('big', (row: Any) => row('n').gt(limit))
      .run(first)
    await r.do('n', (name: Any) => r.table('t').indexCreate('by', (row: Any) => row(name))).run(first)
    await r
      .table('t')
      .setWriteHook((_c: Any, _o: Any, n: Any) => n.merge({ hooked: true }))
      .run(first)
    await r
      .table('t')
      .insert([
        { k: 1, n: 1, at: r.epochTime(1.5).inTimezone('+01:00') },
        { k: 2, n: 3, at: new Date(5) },
      ])
      .run(first)
    expect(await r.db('mine').table('t').count().run(second)).toBe(2)
    await first.close()
    await second.close()
    const again = await r.connect({ path, db: 'mine' })
    expect(await answer(again, r.table('t').getAll(true, { index: 'big' })('k'))).toEqual([2])
    expect(await answer(again, r.table('t').getAll(1, { index: 'by' })('hooked'))).toEqual([true])
    expect(await answer(again, r.table('t').get(1)('at').toISO8601())).toBe('1970-01-01T01:00:01.500+01:00')
    expect(await answer(again, r.table('t').get(2)('at'))).toEqual(new Date(5))
    expect(await answer(again, r.table('t').config().pluck('primary_key', 'indexes'))).toEqual({
      primary_key: 'k',
      indexes: ['big', 'by'],
    })
    await again.close()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
})

it('makes, renames and drops the indexes of the engine with its own', async () => {
  const { open } = await import('../../../src/index.ts')
  const database = await open(':memory:')
  const own = await r.connect({ database })
  await r.tableCreate('x').run(own)
  const x = r.table('x')
  const names = async () => (await database.collection('test.x').indexes()).map(({ name }) => name)
  await x
    .insert([
      { id: 1, a: 1, b: 2 },
      { id: 2, a: 2, b: 1 },
    ])
    .run(own)
  await database.collection('test.x').createIndex('b')
  expect(
    await r
      .expr(['a', 'b'])
      .forEach((name: Any) => x.indexCreate(name))
      .run(own),
  ).toEqual({ created: 2 })
  expect(await names()).toEqual(['b', 'a', 'b (rethinkdb)'])
  const twice = await Promise.allSettled([x.indexCreate('c').run(own), x.indexCreate('c').run(own)])
  expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await names()).toEqual(['b', 'a', 'b (rethinkdb)', 'c'])
  expect(await x.indexRename('a', 'c', { overwrite: true }).run(own)).toEqual({ renamed: 1 })
  expect(await names()).toEqual(['b', 'a', 'b (rethinkdb)'])
  expect(await answer(own, x.getAll(2, { index: 'c' })('id'))).toEqual([2])
  // What another interface drops is computed.
  await database.collection('test.x').dropIndex('a')
  expect(await answer(own, x.orderBy({ index: r.desc('c') })('id'))).toEqual([2, 1])
  expect(await x.indexDrop('c').run(own)).toEqual({ dropped: 1 })
  expect(await x.indexDrop('b').run(own)).toEqual({ dropped: 1 })
  expect(await names()).toEqual(['b'])
  expect(await x.indexList().run(own)).toEqual([])
  await own.close()
  await database.close()
})

// A migration that renames a table and makes a new one of its name was refused, with a text of the engine's.
it('makes a table of the name that another had before it was renamed or moved', async () => {
  await run(r.tableCreate('users'))
  await run(r.table('users').insert({ id: 1, from: 'first' }))
  await run(r.table('users').config().update({ name: 'users_old' }))
  await run(r.tableCreate('users', { primaryKey: 'mail' }))
  await run(r.table('users').insert({ mail: 'a', from: 'second' }))
  await run(r.dbCreate('archive'))
  await run(r.table('users').config().update({ db: 'archive' }))
  await run(r.tableCreate('users'))
  expect(await run(r.table('users').count())).toBe(0)
  expect(await run(r.table('users_old').coerceTo('array'))).toEqual([{ id: 1, from: 'first' }])
  expect(await run(r.db('archive').table('users').coerceTo('array'))).toEqual([{ mail: 'a', from: 'second' }])
  await run(r.tableDrop('users'))
  await run(r.tableDrop('users_old'))
  await run(r.dbDrop('archive'))
})

it('finds renamed tables again when a directory is opened anew', async () => {
  const path = mkdtempSync(join(tmpdir(), 'quiverdb-renamed-'))
  const first = await r.connect({ path })
  for (const name of ['old', 'older']) {
    await answer(first, r.tableCreate('users'))
    await answer(first, r.table('users').insert({ id: name }))
    await answer(first, r.table('users').config().update({ name }))
  }
  await first.close()
  const again = await r.connect({ path })
  expect(await answer(again, r.tableList())).toEqual(['old', 'older'])
  for (const name of ['old', 'older']) expect(await answer(again, r.table(name)('id'))).toEqual([name])
  await again.close()
  rmSync(path, { recursive: true })
})

// Two parts of a program that both make their table at the start look for `already exists`, and found the engine's words.
it('says in the words of the server that another query was first', async () => {
  const refused = async (...terms: Any[]) =>
    (await Promise.allSettled(terms.map((term) => run(term))))
      .filter(({ status }) => status === 'rejected')
      .map(({ reason }: Any) => `${reason.name}: ${reason.msg}`)
  expect(await refused(r.tableCreate('twice'), r.tableCreate('twice'))).toEqual([
    'ReqlOpFailedError: Table `test.twice` already exists.',
  ])
  expect(await refused(r.tableDrop('twice'), r.tableDrop('twice'))).toEqual([
    'ReqlOpFailedError: Table `test.twice` does not exist.',
  ])
})
