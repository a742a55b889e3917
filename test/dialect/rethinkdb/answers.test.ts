// Promise: where the server's answer is not the one that would be guessed, ours is the server's.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Any, type Case, check, err, named, r } from './cases.ts'

let connection: Any
const t = () => r.table('t')
const w = () => r.table('w')

beforeAll(async () => {
  connection = await r.connect()
  await r.tableCreate('t').run(connection)
  await r.tableCreate('w').run(connection)
  await t().indexCreate('a').run(connection)
  await t()
    .insert([{ id: 1, a: 1 }, { id: 2, a: 2 }, { id: 3 }])
    .run(connection)
})
afterAll(() => connection.close())

function cases(list: readonly Case[]): void {
  it.each(named(list))('%s', (_, one) => check(connection, one))
}

const STRAY =
  'Stray literal keyword found: literal is only legal inside of the object passed to merge or update and cannot nest inside other literals.'
const time = (fields: object) => ({ $reql_type$: 'TIME', ...fields })
const NONE = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }
const ROWS = [{ id: 1, a: 1, b: 1 }, { id: 2, a: 1, b: 2 }, { id: 3, a: 2, b: 3 }, { b: 4 }]
const INFINITE =
  'Cannot use an infinite stream with an aggregation function (`reduce`, `count`, etc.) or coerce it to an array.'
const UNORDERED = 'Cannot get changes on the first elements of an unordered stream.'
const EAGER = 'Cannot call `changes` on an eager stream.'
const ROW_OF = (text: string) => `Expected type SEQUENCE but found SINGLE_SELECTION:\n${text}`

describe('documents', () => {
  cases([
    [() => r.expr({ a: [{ b: 1, c: 2 }, 5] }).without({ a: { b: true } }), { a: [{ b: 1, c: 2 }, 5] }],
    [() => r.expr({ a: [{ b: 1, c: 2 }] }).without({ a: { b: true } }), { a: [{ c: 2 }] }],
    [
      () => r.expr({ a: 1 }).withFields('a'),
      err('QueryLogic', 'Cannot perform pluck on a non-object non-sequence `true`.'),
    ],
    [() => r.expr([[]]).withFields('a'), err('QueryLogic', 'Cannot perform has_fields on a sequence of sequences.')],
    [
      () => r.expr(Buffer.from('a')).pluck('a'),
      err('QueryLogic', /^Cannot perform pluck on a non-object non-sequence `\{/),
    ],
    [
      () => r.expr([r.epochTime(1)])('epoch_time'),
      err('QueryLogic', 'Cannot call `bracket` on objects of type `PTYPE<TIME>`.'),
    ],
    [() => r.expr({ a: 1 }).merge({ a: [r.literal(1), 2] }), { a: [1, 2] }],
    [() => r.expr({ a: 1 }).merge({ a: [2, r.literal(1)] }), err('QueryLogic', STRAY)],
    [
      () => r.expr({ a: r.epochTime(1) }).merge({ a: { b: 1 } }),
      err(
        'QueryLogic',
        'Invalid time object constructed (unrecognized field `b`):\n{\n\t"$reql_type$":\t"TIME",\n\t"b":\t1,\n\t"epoch_time":\t1,\n\t"timezone":\t"+00:00"\n}',
      ),
    ],
    [
      () =>
        r
          .expr({ a: r.epochTime(1) })
          .merge({ a: r.epochTime(2) })('a')
          .toEpochTime(),
      2,
    ],
    [() => r.expr(1).keys(), err('QueryLogic', 'Cannot call `keys` on objects of type `NUMBER`.')],
    [() => r.expr(null).keys(), err('QueryLogic', 'Cannot call `keys` on objects of type `NULL`.')],
    [() => r.expr([]).values(), err('QueryLogic', 'Cannot call `values` on objects of type `ARRAY`.')],
    [() => r.expr([]).difference(1), []],
    [() => r.expr([1]).difference(1), err('QueryLogic', 'Cannot convert NUMBER to SEQUENCE')],
    [() => r.expr([1]).difference(null), []],
    [() => r.expr([1, 2]).difference(r.range(2)), [2]],
    [() => t().difference([]).typeOf(), 'SELECTION<STREAM>'],
    [() => r.expr([1]).nth(2 ** 40), err('QueryLogic', 'Integer too large: 1099511627776')],
    [() => r.expr([1]).limit(2 ** 31), err('QueryLogic', 'Integer too large: 2147483648')],
    [
      () => r.expr([{ a: 1 }]).sum({ b: 1 }),
      err('QueryLogic', 'Expected NUMBER or STRING as second argument to `bracket` but found OBJECT.'),
    ],
  ])
})

describe('conversions and logic', () => {
  cases([
    [() => r.expr(null).or(false), false],
    [() => r.expr(false).or(null), false],
    [() => r.error(), err('QueryLogic', 'Empty ERROR term outside a default block.')],
    [() => r.error().default(2), err('QueryLogic', 'Empty ERROR term outside a default block.')],
    [() => r.epochTime(1).coerceTo('array').count(), 3],
    [() => r.epochTime(1).count(), 3],
    [() => t().coerceTo('stream').typeOf(), 'TABLE'],
    [() => t().getAll(1).coerceTo('stream').typeOf(), 'SELECTION<STREAM>'],
    [() => t().get(1).coerceTo('datum').typeOf(), 'SELECTION<OBJECT>'],
    [() => r.expr('nan').coerceTo('number'), err('QueryLogic', 'Non-finite number: nan')],
    [() => r.expr('-infinity').coerceTo('number'), err('QueryLogic', 'Non-finite number: -inf')],
    [() => r.expr('0x1.8p1').coerceTo('number'), 3],
    [() => r.expr('0x').coerceTo('number'), err('QueryLogic', 'Could not coerce `0x` to NUMBER.')],
    [() => r.expr(-0).coerceTo('string'), '-0.0'],
    [() => r.expr(1e20).coerceTo('string'), '100000000000000000000.0'],
    [() => r.expr(1e22).coerceTo('string'), '1e22'],
    [() => r.expr(1.5e-7).toJSON(), '1.5e-7'],
    [() => r.expr(2 ** 53).toJSON(), '9007199254740992'],
    [() => r.expr('\u001f\\u001f').toJSON(), '"\\u001F\\\\u001f"'],
    [() => r.json('{"a":{"b":1},"b":[{"b":1},{"b":2}]}'), { a: { b: 1 }, b: [{ b: 1 }, { b: 2 }] }],
    [() => r.json('{"a":"}","b":1,"a":2}'), err('QueryLogic', 'Duplicate key "a" in JSON.')],
    [() => r.expr(null).info(), { type: 'NULL' }],
    [() => r.minval.info(), { type: 'MINVAL' }],
    [() => r.expr(Buffer.from('abc')).info()('count'), 3],
    [() => t().group('a').info(), { type: 'GROUPED_STREAM' }],
    [() => t().group('a').count().info(), { type: 'GROUPED_DATA' }],
    [
      () => t().between(r.maxval, 3).info().without('table'),
      {
        index: 'id',
        left_bound_type: 'unachievable',
        right_bound: 3,
        right_bound_type: 'open',
        sorting: 'UNORDERED',
        type: 'TABLE_SLICE',
      },
    ],
  ])
})

describe('sequences and groups', () => {
  cases([
    [() => t().get(9).filter({}), err('NonExistence', ROW_OF('null'))],
    [() => t().get(3).map(1), err('QueryLogic', ROW_OF('{\n\t"id":\t3\n}'))],
    [() => t().get(3).limit(1), err('QueryLogic', ROW_OF('{\n\t"id":\t3\n}'))],
    [() => t().get(3).count(), 1],
    [() => r.expr([1]).filter({ a: 1 }), err('QueryLogic', 'Expected type OBJECT but found NUMBER.')],
    [() => r.expr([null]).filter({ a: 1 }), []],
    [() => r.expr(ROWS).count(r.row('a').eq(1)), 2],
    [() => r.expr([1, null, 2]).sum(), 3],
    [() => r.expr([1, null, 2]).avg(), 1.5],
    [() => r.expr(ROWS).max(r.row('b'))('b'), 4],
    [() => r.expr([3, 1, 2]).orderBy(r.desc(r.row)), [3, 2, 1]],
    [() => r.expr([]).orderBy({ index: 'a' }), []],
    [() => r.desc('a'), err('ServerCompile', 'DESC may only be used as an argument to ORDER_BY.')],
    [() => r.expr([1]).map(() => r.asc('a')), err('ServerCompile', 'ASC may only be used as an argument to ORDER_BY.')],
    [
      () => r.expr(ROWS).group('a').sum('a'),
      [
        { group: 1, reduction: 2 },
        { group: 2, reduction: 2 },
      ],
    ],
    [
      () => r.expr(ROWS).group('a').avg('id'),
      [
        { group: 1, reduction: 1.5 },
        { group: 2, reduction: 3 },
      ],
    ],
    [
      () => r.expr(ROWS).group('a').min('id').count(),
      [
        { group: 1, reduction: 3 },
        { group: 2, reduction: 3 },
      ],
    ],
    [() => r.expr(ROWS).group('a').filter(r.row('b').gt(3)), [{ group: null, reduction: [{ b: 4 }] }]],
    [
      () =>
        r
          .expr([{ t: [1, 2] }, { t: [] }])
          .group('t', { multi: true })
          .count(),
      [
        { group: null, reduction: 1 },
        { group: 1, reduction: 1 },
        { group: 2, reduction: 1 },
      ],
    ],
    [() => r.expr([]).innerJoin(5, () => true), []],
    [() => r.expr([{ k: {} }]).eqJoin('k', t()), err('QueryLogic', /^Primary keys must be either/)],
    [() => r.expr([{ a: 1 }, {}, { a: 2 }]).offsetsOf(r.row('a').eq(2)), [2]],
    [() => r.range().coerceTo('array'), err('QueryLogic', INFINITE)],
    [() => r.range().union([1]).sum(), err('QueryLogic', INFINITE)],
    [() => t().changes().coerceTo('array'), err('QueryLogic', /^Cannot call a terminal/)],
    [() => t().changes({ includeOffsets: true }), err('QueryLogic', 'Cannot include offsets for range subs.')],
    [() => t().get(1).changes({ includeOffsets: true }), err('QueryLogic', 'Cannot include offsets for point subs.')],
    [() => t().getAll(1).limit(2).changes(), err('QueryLogic', UNORDERED)],
    [() => t().orderBy({ index: 'id' }).limit(5).limit(2).changes(), err('QueryLogic', EAGER)],
    [() => t().union(t()).skip(1).changes(), err('QueryLogic', EAGER)],
    [() => t().merge({ n: t().count() }).changes(), err('QueryLogic', /non-deterministic function/)],
    [() => t().changes({ squash: null }), err('QueryLogic', 'Expected BOOL or NUMBER but found NULL.')],
  ])
})

describe('strings', () => {
  const wrong = (pattern: string, portion: string, why: string) =>
    err('QueryLogic', `Error in regexp \`${pattern}\` (portion \`${portion}\`): ${why}`)
  cases([
    [() => r.expr('\u00e9a').match('(a)'), { str: 'a', start: 2, end: 3, groups: [{ str: 'a', start: 2, end: 3 }] }],
    [() => r.expr('a').match('ab\\9'), wrong('ab\\9', '\\9', 'invalid escape sequence: \\9')],
    [() => r.expr('a').match('('), wrong('(', '(', 'missing ): (')],
    [() => r.expr('a').match('a[b'), wrong('a[b', '[b', 'missing ]: [b')],
    [() => r.expr('a').match('a**'), wrong('a**', '**', 'bad repetition operator: **')],
    [() => r.expr('a').match('a\\'), wrong('a\\', '', 'trailing \\')],
    [() => r.expr('a').match('(?=a)'), wrong('(?=a)', '(?=', 'invalid perl operator: (?=')],
    [() => r.expr('a').match('[z-a]'), wrong('[z-a]', 'z-a', 'invalid character class range: z-a')],
    [() => r.expr('a').match('a{1001}'), wrong('a{1001}', '{1001}', 'invalid repetition size: {1001}')],
    [() => r.expr('x]-a').match('[]a-]+$')('str'), ']-a'],
    [() => r.expr('a(b').match('\\Q(\\Eb')('start'), 1],
    [() => r.expr('AB').match('(?i:a)(?:b|B)')('str'), 'AB'],
  ])
})

describe('times', () => {
  const zone = (text: string) =>
    err(
      'QueryLogic',
      `Invalid time zone string \`${text}\`. Valid time zones are \`+hh:mm\`, \`-hh:mm\`, \`+hhmm\`, \`-hhmm\`, \`+hh\`, \`-hh\` and \`Z\`.`,
    )
  const invalid = (why: string) =>
    err('QueryLogic', new RegExp(`^Invalid time object constructed \\(${why.replace(/[()]/g, '\\$&')}\\):\\n\\{`))
  cases([
    [() => r.epochTime(1.23456).toEpochTime(), 1.235],
    [() => r.epochTime(1).add(0.0004).toEpochTime(), 1],
    [() => r.epochTime(1.3).sub(r.epochTime(1.1)), 0.2],
    [() => r.time(2012, 1, 1, '+0'), zone('+0')],
    [() => r.expr(time({ epoch_time: 1, timezone: 'x' })), invalid('invalid timezone string `"x"`')],
    [
      () => r.expr(time({ epoch_time: 'a', timezone: 'Z' })),
      invalid('field `epoch_time` must be a number (got `"a"` of type STRING)'),
    ],
    [() => r.expr(time({ timezone: 'Z' })), invalid('no field `epoch_time`')],
    [() => r.expr(time({ epoch_time: 1, timezone: '-0730' })).timezone(), '-07:30'],
    [
      () => r.expr({ $reql_type$: 'BINARY', data: 'YQ==', x: 1 }),
      err('QueryLogic', 'Invalid binary pseudotype: illegal `x` key.'),
    ],
    [
      () => r.expr({ $reql_type$: 1 }),
      err(
        'QueryLogic',
        'Error: Field `$reql_type$` must be a string (got `1` of type NUMBER):\n{\n\t"$reql_type$":\t1\n}',
      ),
    ],
  ])
})

describe('writes', () => {
  const one = (kind: string, more: object = {}) => ({ ...NONE, [kind]: 1, ...more })
  const unfixed = err(
    'QueryLogic',
    'Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?',
  )
  cases([
    [() => w().insert({ id: Buffer.alloc(120, 65) }), one('inserted')],
    [
      () =>
        w()
          .insert({ id: Buffer.alloc(121, 65) })('first_error')
          .match('too long')
          .ne(null),
      true,
    ],
    [() => w().insert(r.epochTime(1))('first_error').match('^Inserted object must have').ne(null), true],
    [
      () => w().insert({ id: 1 }, { nonAtomic: true }),
      err('ServerCompile', 'Unrecognized optional argument `non_atomic`.'),
    ],
    [() => w().insert({ id: 1 }, { conflict: null }), err('NonExistence', 'Expected type STRING but found NULL.')],
    [() => w().insert({ id: 1, a: 1 }), one('inserted')],
    [
      () =>
        w()
          .get(1)
          .replace({ id: 1, a: r.literal(2) }),
      err('QueryLogic', STRAY),
    ],
    [
      () => w().get(1).update(r.epochTime(1)),
      one('errors', { first_error: 'Cannot merge objects of type `PTYPE<TIME>`.' }),
    ],
    [
      () =>
        w()
          .get(1)
          .update({ a: r.line([0, 0], [1, 1]) }),
      unfixed,
    ],
    [
      () =>
        w()
          .get(1)
          .update({ a: r.point(0, 0) }),
      one('replaced'),
    ],
    [
      () =>
        w()
          .get(1)
          .update({ a: r.line([0, 0], [1, 1]) }, { nonAtomic: true }),
      one('replaced'),
    ],
    [
      () => w().indexCreate('shape', (row: Any) => r.line(row('a'), row('b'))),
      err('QueryLogic', 'Could not prove function deterministic.  Index functions must be deterministic.'),
    ],
    [() => w().getAll(1, 1).delete(), one('deleted', { skipped: 1 })],
    [() => w().get(r.minval), null],
    [
      () => t().getAll({ b: 1 }, { index: 'a' }),
      err(
        'QueryLogic',
        'Secondary keys must be a number, string, bool, pseudotype, or array (got {\n\t"b":\t1\n} of type OBJECT).',
      ),
    ],
    [
      () => t().getAll(r.point(0, 0)),
      err('QueryLogic', 'Cannot use a geospatial index with `get_all`. Use `get_intersecting` instead.'),
    ],
    [
      () => r.expr([1]).forEach(null),
      err('NonExistence', 'FOR_EACH expects one or more basic write queries.  Expected type ARRAY but found NULL.'),
    ],
    [
      () => r.expr([1]).forEach([1]),
      err('QueryLogic', 'FOR_EACH expects one or more basic write queries.  Expected type OBJECT but found NUMBER.'),
    ],
    [
      () => r.expr([1, 2]).forEach({ a: true }),
      err(
        'QueryLogic',
        'FOR_EACH expects one or more basic write queries.  Cannot merge statistics `true` (type BOOL) and `true` (type BOOL).',
      ),
    ],
  ])
})

describe('administration', () => {
  const format = (text: string) =>
    `The change you're trying to make to \`rethinkdb.table_config\` has the wrong format. ${text}`
  cases([
    [
      () => t().wait({ waitFor: 'x' }),
      err(
        'QueryLogic',
        "Unknown table readiness state: 'x', must be one of 'ready_for_outdated_reads', 'ready_for_reads', 'ready_for_writes', or 'all_replicas_ready'",
      ),
    ],
    [() => t().reconfigure({ shards: 1 }), err('QueryLogic', 'Missing required argument `replicas`.')],
    [
      () => t().reconfigure({ emergencyRepair: 'x' }),
      err('QueryLogic', '`emergency_repair` should be "unsafe_rollback" or "unsafe_rollback_or_erase"'),
    ],
    [
      () => t().reconfigure({ emergencyRepair: 'unsafe_rollback' }),
      err('OpFailed', "This table doesn't need to be repaired."),
    ],
    [() => t().config().update({ name: 't' }, { returnChanges: true }), { ...NONE, unchanged: 1, changes: [] }],
    [
      () => t().config().update({ durability: 'x' }),
      { ...NONE, errors: 1, first_error: format('In `durability`: Expected "soft" or "hard", got: "x"') },
    ],
    [
      () => t().config().update({ name: 'w' })('first_error'),
      "Can't rename table `test.t` to `test.w` because table `test.w` already exists.",
    ],
    [
      () => r.db('test').config().update({ name: 'rethinkdb' })('first_error'),
      'Cannot rename database `test` to `rethinkdb` because database `rethinkdb` already exists.',
    ],
    [
      () => r.table('t', { useOutdated: true }),
      err('QueryLogic', 'The `use_outdated` optarg is no longer supported.  Use the `read_mode` optarg instead.'),
    ],
  ])
})

it('what stands in and, or and brackets is written once', async () => {
  await r.tableCreate('once').run(connection)
  const inserted = () => r.table('once').insert({})('inserted')
  const count = () => r.table('once').count().run(connection)
  expect(await r.and(true, inserted().eq(1)).run(connection)).toBe(true)
  expect(await count()).toBe(1)
  expect(await r.or(false, inserted().eq(1)).run(connection)).toBe(true)
  expect(await count()).toBe(2)
  expect(await r.expr(['a', 'b'])(inserted()).run(connection)).toBe('b')
  expect(await count()).toBe(3)
})

it('a write hook goes by the options of the write, not of the first one that called it', async () => {
  await r.tableCreate('limited').run(connection)
  const limited = r.table('limited')
  await limited.setWriteHook((_c: Any, _o: Any, n: Any) => n.merge({ list: r.expr([1]).union([2]).coerceTo('array') })).run(connection) // biome-ignore format: one line
  expect((await limited.insert({ id: 1 }).run(connection, { arrayLimit: 1 })).errors).toBe(1)
  expect((await limited.insert({ id: 2 }).run(connection)).inserted).toBe(1)
  expect(await limited.get(2)('list').run(connection)).toEqual([1, 2])
})
