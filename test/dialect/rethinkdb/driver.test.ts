// Promise: a chain is what the official driver would have sent, printed as it prints it, and refused where it refuses. Checked by
// building the same chains with both.

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import ours from '../../../src/dialect/rethinkdb/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: both drivers are called the same way, with whatever the chain needs
type Any = any
// The driver was written for older Nodes: what it uses of them is deprecated.
const official: Any = createRequire(import.meta.url)('rethinkdb')
const mine: Any = ours

/** Numbers of variables count on over a process: they are told by the order in which they come. */
function renumbered(text: string): string {
  const names = new Map<string, string>()
  const rename = (id: string) => {
    if (!names.has(id)) names.set(id, `v${names.size}`)
    return names.get(id) as string
  }
  return text
    .replace(/var_(\d+)/g, (_, id) => rename(id))
    .replace(/\[2,\[(\d+(?:,\d+)*)\]\]/g, (whole, ids: string) =>
      /,\[69,$/.test(whole) ? whole : `[2,[${ids.split(',').map(rename)}]]`,
    )
    .replace(/\[10,\[(\d+)\]\]/g, (_, id) => `[10,[${rename(id)}]]`)
}

const CHAINS: readonly ((r: Any) => Any)[] = [
  (r) => r.expr(1),
  (r) => r(1),
  (r) => r.expr('a"b'),
  (r) => r.expr([1, 'a', null, true, { b: [2] }]),
  (r) => r.expr({ a: 1, b: { c: r.row('x') } }),
  (r) => r.expr(new Date(0)),
  (r) => r.expr({ at: new Date(1500) }),
  (r) => r.expr(Buffer.from('abc')),
  (r) => r.binary(Buffer.from('abc')),
  (r) => r.binary(r.expr('abc')),
  // What stands before a method was wrapped once more, as plain values are: `r(r.binary(<data>)).count()`, in messages too.
  (r) => r.binary(Buffer.from('abc')).count(),
  (r) => r.expr(new Date(0)).eq(r.expr('r.a').upcase()),
  (r) => r.expr((x: Any) => x.add(1)),
  (r) => r.db('a').table('b').get(1)('c')(0),
  (r) => r.table('b', { readMode: 'outdated' }),
  (r) => r.table('b').getAll(1, 2),
  (r) => r.table('b').getAll(1, 2, { index: 'x' }),
  (r) => r.table('b').getAll({ a: 1 }),
  (r) => r.table('b').between(1, 2, { leftBound: 'open', right_bound: 'closed' }),
  (r) => r.table('b').filter({ a: 1 }, { default: true }),
  (r) => r.table('b').filter(r.row('a').gt(1)),
  (r) => r.table('b').filter((row: Any) => row('a').gt(1).and(row('b').not())),
  (r) => r.table('b').insert({ a: 1, b: [2] }, { returnChanges: 'always', conflict: 'update' }),
  (r) => r.table('b').insert({ a: r.now(), b: r.uuid() }),
  (r) => r.table('b').insert([{}], { conflict: (_id: Any, old: Any, next: Any) => old.merge(next) && next }),
  (r) => r.table('b').update({ n: r.row('n').add(1) }, { nonAtomic: true }),
  (r) => r.table('b').replace((row: Any) => row.without('a')),
  (r) => r.table('b').delete({ durability: 'soft' }),
  (r) => r.table('b').orderBy('a', r.desc('b')),
  (r) => r.table('b').orderBy({ index: r.desc('b') }),
  (r) => r.table('b').orderBy('a', { index: 'b' }),
  (r) => r.table('b').orderBy(r.row('a')),
  (r) =>
    r
      .table('b')
      .map((x: Any) => x('a'))
      .reduce((a: Any, b: Any) => a.add(b)),
  (r) => r.table('b').map(r.table('c'), (a: Any, b: Any) => a.add(b)),
  (r) => r.map([1], [2], (a: Any, b: Any) => a.add(b)),
  (r) => r.expr([1]).map(r.row.add(1)),
  (r) => r.expr([1]).fold(0, (a: Any, b: Any) => a.add(b), { emit: (_a: Any, _b: Any, c: Any) => [c] }),
  (r) => r.expr([1]).concatMap((x: Any) => [x, x]),
  (r) => r.expr([1]).contains(1, (x: Any) => x.gt(0)),
  (r) => r.expr([1]).count(r.row.gt(1)),
  (r) => r.expr([1]).sum('a'),
  (r) => r.sum([1, 2]),
  (r) => r.expr([1]).min({ index: 'a' }),
  (r) => r.table('b').group('a', { index: 'b', multi: true }),
  (r) =>
    r
      .table('b')
      .group((x: Any) => x('a'))
      .count()
      .ungroup(),
  (r) => r.group([1], 'a'),
  (r) => r.table('b').distinct(),
  (r) => r.table('b').distinct({ index: 'a' }),
  (r) => r.distinct([1]),
  (r) => r.table('b').union(r.table('c'), { interleave: 'a' }),
  (r) => r.union([1], [2]),
  (r) => r.expr([1, 2, 3]).slice(1),
  (r) => r.expr([1, 2, 3]).slice(1, 2),
  (r) => r.expr([1, 2, 3]).slice(1, 2, { leftBound: 'open' }),
  (r) => r.expr([1, 2, 3]).slice(1, { leftBound: 'open' }),
  (r) => r.table('b').indexCreate('i'),
  (r) => r.table('b').indexCreate('i', { multi: true }),
  (r) => r.table('b').indexCreate('i', [r.row('a'), r.row('b')]),
  (r) => r.table('b').indexCreate('i', (x: Any) => x('a'), { geo: true }),
  (r) => r.table('b').indexRename('a', 'b', { overwrite: true }),
  (r) => r.table('b').eqJoin('a', r.table('c'), { index: 'x' }).zip(),
  (r) => r.table('b').innerJoin(r.table('c'), (a: Any, b: Any) => a('x').eq(b('y'))),
  (r) => r.do(1, 2, (a: Any, b: Any) => a.add(b)),
  (r) => r.expr(1).do((x: Any) => x.add(1)),
  (r) => r.branch(true, 1, 2),
  (r) => r.expr(true).branch(1, 2),
  (r) => r.expr(1).default(2),
  (r) => r.error('x'),
  (r) => r.args([1, 2]),
  (r) => r.literal({ a: 1 }),
  (r) => r.random(1, 2, { float: true }),
  (r) => r.random(),
  (r) => r.range(1, 5),
  (r) => r.time(2020, 1, 2, 'Z'),
  (r) => r.ISO8601('2020', { defaultTimezone: 'Z' }),
  (r) => r.now().during(r.minval, r.maxval, { leftBound: 'open' }),
  (r) => r.monday.add(r.december),
  (r) => r.now().date().toISO8601(),
  (r) => r.point(1, 2).distance(r.point(3, 4), { unit: 'km' }),
  (r) => r.distance(r.point(1, 2), r.point(3, 4), { unit: 'km' }),
  (r) => r.circle([1, 2], 3, { fill: false }),
  (r) => r.table('b').getNearest(r.point(1, 2), { index: 'g', maxResults: 2 }),
  (r) => r.table('b').changes({ includeInitial: true, squash: 2 }),
  (r) => r.table('b').config().update({ name: 'x' }),
  (r) => r.table('b').reconfigure({ shards: 1, dryRun: true }),
  (r) => r.table('b').wait({ waitFor: 'x' }),
  (r) => r.db('a').tableCreate('b', { primaryKey: 'k' }),
  (r) => r.tableCreate('b'),
  (r) => r.dbCreate('x'),
  (r) => r.js('1', { timeout: 2 }),
  (r) => r.http('x', { method: 'GET' }),
  (r) => r.json('{}'),
  (r) => r.expr({}).toJSON(),
  (r) => r.expr({}).toJsonString(),
  // biome-ignore lint/suspicious/useIterableCallbackReturn: ReQL's forEach answers its writes
  (r) => r.expr([1]).forEach((x: Any) => r.table('b').insert({ x })),
  (r) => r.expr('a').split(),
  (r) => r.expr('a').split('b', 1),
  (r) => r.expr('a').match('b').coerceTo('bool').typeOf(),
  (r) => r.and(true, r.or(false, true)),
  (r) => r.expr(1).bitAnd(2).bitNot().bitSal(1),
  (r) => r.table('b').setWriteHook((c: Any, o: Any, n: Any) => n.merge({ c, o })),
  (r) => r.uuid('x'),
  (r) => r.expr({ a: 1 }).pluck('a', { b: true }).hasFields('a').keys(),
  (r) => r.expr({ a: 1 }).merge({ b: r.row('a') }),
  (r) => r.table('b').sample(2).nth(0).info(),
  // What is refused.
  (r) => r.expr(undefined),
  (r) => r.expr({ a: undefined }),
  (r) => r.expr(),
  (r) => r.expr(1, 2, 3),
  (r) => r.expr([[[[1]]]], 3),
  (r) => r.expr(Number.NaN),
  (r) => r.expr({ a: Number.POSITIVE_INFINITY }),
  (r) => r.expr(1, 'x'),
  (r) => r.expr(() => undefined),
  (r) => r.table('b').get(undefined),
  (r) => r.table('b')(),
  (r) => r.table('b')('a', 'b'),
  (r) => r.table(),
  (r) => r.table('b', 'c'),
  (r) => r.db('a').table(),
  (r) => r.table('b').insert(),
  (r) => r.table('b').insert({}, {}, {}),
  (r) => r.table('b').insert({}, 'x'),
  (r) => r.table('b').filter(),
  (r) => r.table('b').between(1),
  (r) => r.table('b').update(),
  (r) => r.table('b').delete(1),
  (r) => r.table('b').distinct(1),
  (r) => r.table('b').map(),
  (r) => r.map(),
  (r) => r.do(),
  (r) => r.expr(1).slice(),
  (r) => r.expr(1).slice(1, 2, 3, 4),
  (r) => r.table('b').indexCreate(),
  (r) => r.table('b').indexRename('a'),
  (r) => r.expr([1]).fold(1),
  (r) => r.table('b').eqJoin('a'),
  (r) => r.binary(),
  (r) => r.binary('x'),
  (r) => r.binary({}),
  (r) => r.js(),
  (r) => r.circle(1),
  (r) => r.distance(r.point(1, 2)),
  (r) => r.now().during(1),
  (r) => r.table('b').getNearest(),
  (r) => r.table('b').changes(1),
  (r) => r.tableCreate(),
  (r) => r.ISO8601(),
  (r) => r.expr(1).add(undefined),
  (r) => r.expr(1).do(undefined),
]

/** Chains that the official driver prints in ways that are no JavaScript. */
const ODDLY_PRINTED: readonly ((r: Any) => Any)[] = [
  (r) => r.expr(new Uint8Array([1, 2])),
  (r) => r.do(r.table('b').get(1)),
  (r) => r.object('a', 1),
]

function outcome(make: (r: Any) => Any, r: Any): string {
  try {
    const term = make(r)
    const built = JSON.stringify(term.build())
    return renumbered(`${built}\n${term.toString()}`)
  } catch (error) {
    const { name, message } = error as Error
    return `${name}: ${message}`
  }
}

describe('chains', () => {
  const cases = CHAINS.map(
    (make) =>
      [
        make
          .toString()
          .replace(/^\(r\) => /, '')
          .slice(0, 100),
        make,
      ] as const,
  )
  it.each(cases)('%s', (_, make) => {
    expect(outcome(make, mine)).toBe(outcome(make, official))
  })
})

it.each(ODDLY_PRINTED)('%s', (make) => {
  expect(JSON.stringify(make(mine).build())).toBe(JSON.stringify(make(official).build()))
})

it('has every method and function of the official driver', () => {
  const names = Object.keys(official).filter((name) => !['net', '_bluebird', 'Error'].includes(name))
  expect(names.filter((name) => !(name in mine))).toEqual([])
  const term = official.expr(1)
  const methods: string[] = []
  for (const name in term) if (typeof term[name] === 'function') methods.push(name)
  const internal = ['compose', 'constructor', 'showRunWarning']
  expect(methods.filter((name) => !internal.includes(name) && !(name in mine.expr(1)))).toEqual([])
})

// What JSON.stringify has another view of was stored as {} within a plain document: an address, a number in its box.
it('sends objects of other classes as JSON does, wherever they stand', async () => {
  const price = Object.defineProperty({ toJSON: () => '3 EUR' }, Symbol.toStringTag, { value: 'Price' })
  const plain = new Map([[1, 2]])
  const values = [new URL('http://a/b'), Object(4), Object('ab'), Object(false), price, plain, /a/, Uint8Array.of(1, 2)]
  const connection = await mine.connect()
  await mine.tableCreate('odd').run(connection)
  for (const value of values) {
    const json = JSON.parse(JSON.stringify(value))
    for (const wrap of [(x: Any) => x, (x: Any) => ({ a: x }), (x: Any) => [{ a: [1, x, { b: x }] }, 'c']]) {
      const sent = JSON.stringify(official.expr(wrap(value)).build())
      expect(JSON.stringify(mine.expr(wrap(value)).build())).toBe(sent)
      expect(await mine.expr(wrap(value)).run(connection)).toEqual(wrap(json))
    }
    await mine
      .table('odd')
      .insert({ id: 1, value, list: [value] }, { conflict: 'replace' })
      .run(connection)
    expect(await mine.table('odd').get(1).run(connection)).toEqual({ id: 1, value: json, list: [json] })
    expect(await mine.table('odd').filter({ value }).count().run(connection)).toBe(1)
  }
  await connection.close()
})

it('has every error class', () => {
  const names = Object.keys(official.Error).filter((name) => name !== 'printQuery')
  expect(names.filter((name) => typeof mine.Error[name] !== 'function')).toEqual([])
})

// As users of the server have met them in their logs: whoever is asked for a value of the wrong kind marked the whole
// term, `frames` ended with it, and nobody saw which part of a long chain had given null.
it.each<[string, (r: Any) => Any, string, (number | string)[]]>([
  ['a missing document', (r) => r.table('t').get(9)('a')('b'), 'r.table("t").get(9)', [0, 0]],
  ['a missing document to pluck from', (r) => r.table('t').get(9).pluck('a'), 'r.table("t").get(9)', [0]],
  ['no selection', (r) => r.table('t').pluck('a').update({}), 'r.table("t").pluck("a")', [0]],
  ['no table', (r) => r.table('t').filter({}).get(1), 'r.table("t").filter({})', [0]],
  ['no table to join', (r) => r.table('t').eqJoin('a', 5), '5', [2]],
  ['a selection', (r) => r.table('t').add(1), 'r.table("t")', [0]],
  ['no text', (r) => r.expr('a').match(5), '5', [1]],
  ['no integer', (r) => r.expr([1]).skip(0.25), '0.25', [1]],
  ['no instant', (r) => r.expr('a').year(), '"a"', [0]],
  ['no function', (r) => r.expr([1]).map('f'), '"f"', [1]],
  ['no text as an option', (r) => r.table('t').between(1, 2, { index: 7 }), '7', ['index']],
  // The parts of a sum are of one kind or not: that is the term's.
  ['a sum', (r) => r.expr(1).add('a'), 'r(1).add("a")', []],
  ['no sequence', (r) => r.expr(1).count(), 'r(1).count()', []],
])('marks the argument that was of the wrong kind: %s', async (_, build, marked, frames) => {
  const connection = await mine.connect()
  await mine.tableCreate('t').run(connection)
  const error: Any = await build(mine)
    .run(connection)
    .catch((caught: Any) => caught)
  await connection.close()
  const [query, marks] = error.message.split('\n').slice(-2)
  expect(query.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe(marked)
  expect(error.frames).toEqual(frames)
})

it('marks the term that failed where it is met first, though the query holds it twice', async () => {
  const connection = await mine.connect()
  const query = mine.table('nope').union(mine.table('nope'))
  const error: Any = await query.run(connection).catch((caught: Any) => caught)
  expect(error.message).toBe(
    'Table `test.nope` does not exist in:\nr.table("nope").union(r.table("nope"))\n^^^^^^^^^^^^^^^                       ',
  )
  await connection.close()
})

it('errors have the own fields of the driver, so that JSON and copies of them hold name and message; JSON had the bare msg', async () => {
  const theirs = new official.Error.ReqlDriverError('refused')
  const ours = new mine.Error.ReqlDriverError('refused')
  expect(Object.keys(ours)).toEqual(Object.keys(theirs))
  expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs))
  const connection = await mine.connect()
  const error = await mine
    .error('no')
    .run(connection)
    .catch((reason: unknown) => reason)
  await connection.close()
  expect(Object.keys({ ...error })).toEqual(['name', 'msg', 'frames', 'message'])
  expect({ ...error }).toMatchObject({ name: 'ReqlUserError', msg: 'no', message: error.message })
  expect(error.stack).toContain('ReqlUserError: no in:')
  const Own: Any = class extends mine.Error.ReqlError {}
  expect(new Own('mine').name).toBe('Own')
})
