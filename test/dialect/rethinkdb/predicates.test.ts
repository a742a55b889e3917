// Promise: a filter that the engine runs keeps what evaluation keeps, row for row and error for error, whatever the documents hold and
// whoever wrote them. Checked by running random predicates over a table and over the array of its rows, which is only ever evaluated.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { Direct } from '../../../src/engine/direct.ts'
import { open } from '../../../src/index.ts'
import fc from '../../property.ts'
import { type Any, r } from './cases.ts'

const DATE = new Date(86_400_000)
/** Values that mean something else to the engine than to ReQL are among them. */
const scalars = [null, true, false, 0, 1, -1, 1.5, 2 ** 53, '', 'a', 'b', '\u{1F600}', '\uFF5E', DATE] as const
const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...scalars) },
  fc.constantFrom<unknown>(
    1n,
    2n ** 53n + 1n,
    Uint8Array.of(1),
    Float32Array.of(1, 2),
    [],
    [1, 'a'],
    ['a', 'a'],
    [null],
    { $reql_type$: 'TIME', epoch_time: 86_400, timezone: '+01:00' },
    { $reql_type$: 'GEOMETRY', type: 'Point', coordinates: [1, 2] },
  ),
)
const inner = fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 })
const document = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 2, arbitrary: inner }, fc.array(inner, { maxLength: 2 })),
  { maxKeys: 3 },
)

type Term = (row: Any) => Any
const constant = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...scalars) },
  fc.constantFrom<unknown>([1, 'a'], { a: 1 }, Buffer.from([1])),
)
const name = fc.constantFrom('a', 'b', 'c', 'id')
const path: fc.Arbitrary<Term> = fc.oneof(
  {
    weight: 5,
    arbitrary: name.map(
      (one): Term =>
        (row) =>
          row(one),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, name).map(
      ([one, two]): Term =>
        (row) =>
          row(one)(two),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(name, constant).map(
      ([one, other]): Term =>
        (row) =>
          row(one).default(other),
    ),
  },
)
const operand: fc.Arbitrary<Term> = fc.oneof(
  {
    weight: 5,
    arbitrary: constant.map(
      (one): Term =>
        () =>
          r.expr(one),
    ),
  },
  { weight: 3, arbitrary: path },
)
const comparison = fc.tuple(fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge'), path, operand, fc.boolean()).map(
  ([operator, left, right, isTurned]): Term =>
    (row) => {
      const [a, b] = isTurned ? [right(row), left(row)] : [left(row), right(row)]
      return a[operator](b)
    },
)
const leaf: fc.Arbitrary<Term> = fc.oneof(
  { weight: 6, arbitrary: comparison },
  {
    weight: 1,
    arbitrary: fc.tuple(comparison, fc.boolean()).map(
      ([of, other]): Term =>
        (row) =>
          of(row).default(other),
    ),
  },
  { weight: 1, arbitrary: path },
  {
    weight: 1,
    arbitrary: constant.map(
      (one): Term =>
        () =>
          r.expr(one),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(name, { minLength: 1, maxLength: 2 }).map(
      (names): Term =>
        (row) =>
          row.hasFields(...names),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(path, fc.array(constant, { minLength: 1, maxLength: 2 })).map(
      ([of, values]): Term =>
        (row) =>
          of(row).contains(...values),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(constant, { maxLength: 3 }), path).map(
      ([values, of]): Term =>
        (row) =>
          r.expr(values).contains(of(row)),
    ),
  },
  // What only evaluation knows.
  {
    weight: 1,
    arbitrary: path.map(
      (of): Term =>
        (row) =>
          of(row).typeOf().eq('NUMBER'),
    ),
  },
)
const { predicate } = fc.letrec<{ predicate: Term }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: tie('predicate').map(
        (of): Term =>
          (row) =>
            r.not(of(row)),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom('and', 'or'), fc.array(tie('predicate'), { minLength: 1, maxLength: 3 })).map(
        ([operator, parts]): Term =>
          (row) =>
            r[operator](...parts.map((part) => part(row))),
      ),
    },
  ),
}))
const pattern = fc.dictionary(
  fc.constantFrom('a', 'b'),
  fc.oneof(
    constant,
    inner.filter((one) => !JSON.stringify(one, (_, v) => (typeof v === 'bigint' ? 'big' : v)).includes('big')),
  ),
  { maxKeys: 2 },
)

let database: Any
let connection: Any
beforeAll(async () => {
  database = await open(':memory:')
  connection = await r.connect({ database })
})
afterAll(async () => {
  await connection.close()
  await database.close()
})

async function outcome(term: Any): Promise<unknown> {
  try {
    const rows = await term.coerceTo('array').run(connection)
    return rows.map((row: Any) => row.id)
  } catch (error) {
    return `${(error as Any).name}: ${(error as Any).msg}`
  }
}

async function counted(term: Any): Promise<unknown> {
  try {
    return await term.count().run(connection)
  } catch {
    return 'error'
  }
}

let tables = 0
async function filled(documents: readonly object[]): Promise<Any> {
  const table = `t${tables++}`
  const collection = await database.createCollection(table)
  await collection.insert(documents.map((one, id) => ({ ...one, id })))
  return r.table(table)
}

it('keeps the same rows as evaluation', async () => {
  let planned = 0
  const { find } = Direct.prototype
  Direct.prototype.find = function (filter) {
    planned++
    return find.call(this, filter)
  }
  const options = fc.constantFrom({}, { default: false }, { default: true })
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.oneof<fc.Arbitrary<unknown>[]>(predicate, pattern), options), {
          minLength: 6,
          maxLength: 12,
        }),
        async (documents, predicates) => {
          const table = await filled(documents)
          for (const [one, option] of predicates) {
            const rows = await outcome(table.filter(one, option))
            expect(rows).toEqual(await outcome(table.coerceTo('array').filter(one, option)))
            expect(await counted(table.filter(one, option))).toBe(Array.isArray(rows) ? rows.length : 'error')
          }
          const [[first, a], [second, b]] = predicates
          const twice = [table, table.coerceTo('array')].map((rows) => outcome(rows.filter(first, a).filter(second, b)))
          const [streamed, eager] = await Promise.all(twice)
          // An array is filtered as a whole by the one before the other begins, and may find another error first.
          if (typeof streamed === 'string') expect(typeof eager).toBe('string')
          else expect(streamed).toEqual(eager)
          await database.dropCollection(`t${tables - 1}`)
        },
      ),
      { numRuns: 60 },
    )
  } finally {
    Direct.prototype.find = find
  }
  // Most of them are run by the engine, or this would show nothing.
  expect(planned).toBeGreaterThan(200)
})

it('reads the same rows through an index of the engine as through computed entries', async () => {
  const key = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<unknown>(...scalars) },
    fc.constantFrom<unknown>([1, 'a'], ['a'], Buffer.from([1])),
  )
  const bound = fc.oneof({ weight: 3, arbitrary: key }, fc.constantFrom<unknown>(r.minval, r.maxval))
  const pair = fc.tuple(key, key)
  const openness = fc.record({
    leftBound: fc.constantFrom('open', 'closed'),
    rightBound: fc.constantFrom('open', 'closed'),
  })
  const plain = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom<unknown>(...scalars), { maxKeys: 2 })
  const query: fc.Arbitrary<(rows: Any, one: string, two: string) => Any> = fc.oneof(
    fc
      .array(key, { minLength: 1, maxLength: 3 })
      .map((keys) => (rows: Any, index: string) => rows.getAll(...keys, { index })),
    fc
      .array(pair, { minLength: 1, maxLength: 2 })
      .map((keys) => (rows: Any, _: string, index: string) => rows.getAll(...keys, { index })),
    fc.tuple(bound, bound, openness).map(
      ([a, b, open]) =>
        (rows: Any, index: string) =>
          rows.between(a, b, { index, ...open }),
    ),
    fc.tuple(key, bound, bound, openness).map(
      ([first, a, b, open]) =>
        (rows: Any, _: string, index: string) =>
          rows.between([first, a], [first, b], { index, ...open }),
    ),
    fc
      .tuple(fc.boolean(), fc.boolean(), bound, bound)
      .map(([isDescending, isBounded, a, b]) => (rows: Any, index: string) => {
        const slice = isBounded ? rows.between(a, b, { index }) : rows
        return slice.orderBy({ index: isDescending ? r.desc(index) : index })
      }),
    fc.constant((rows: Any, index: string) => rows.distinct({ index }).map((one: Any) => ({ id: one }))),
    fc.constant((rows: Any, index: string) => r.expr([rows.min({ index }).default({ id: -1 })])),
  )
  const isOrdered = (term: Any) => /orderBy|distinct|min/.test(term.toString())
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(...[plain, document].map((one) => fc.array(one, { minLength: 1, maxLength: 12 }))),
      fc.array(query, { minLength: 6, maxLength: 10 }),
      fc.boolean(),
      async (documents, queries, isLater) => {
        const table = await filled(isLater ? [] : documents)
        await table.indexCreate('one', r.row('a')).run(connection)
        await table.indexCreate('two', [r.row('a'), r.row('b')]).run(connection)
        await table.indexCreate('one_', (row: Any) => r.branch(true, row('a'), null)).run(connection)
        await table.indexCreate('two_', (row: Any) => r.branch(true, [row('a'), row('b')], null)).run(connection)
        const collection = database.collection(`t${tables - 1}`)
        expect((await collection.indexes()).map(({ name }: Any) => name)).toEqual(['one', 'two'])
        // By the engine's own interface: nothing is told here.
        if (isLater) await collection.insert(documents.map((one, id) => ({ ...one, id })))
        for (const make of queries) {
          const [ours, computed] = [make(table, 'one', 'two'), make(table, 'one_', 'two_')]
          const [a, b] = [await outcome(ours), await outcome(computed)]
          if (typeof a === 'string' || isOrdered(ours)) expect(a).toEqual(b)
          else expect([...(a as number[])].sort()).toEqual([...(b as number[])].sort())
          if (!isOrdered(ours)) expect(await counted(ours)).toBe(await counted(computed))
        }
        await database.dropCollection(`t${tables - 1}`)
      },
    ),
    { numRuns: 60 },
  )
})

it('reads ranges and orders of primary keys as comparing them one by one does', async () => {
  const plain = scalars.filter((one) => one !== null && one !== 2 ** 53)
  const key = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<unknown>(...plain) },
    fc.constantFrom<unknown>([1, 'a'], [], [[true]], Buffer.from([1, 2])),
  )
  const bound = fc.oneof({ weight: 3, arbitrary: key }, fc.constantFrom<unknown>(r.minval, r.maxval))
  const openness = fc.record({
    leftBound: fc.constantFrom('open', 'closed'),
    rightBound: fc.constantFrom('open', 'closed'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(key, { maxLength: 12 }),
      fc.array(fc.tuple(bound, bound, openness), { minLength: 4, maxLength: 8 }),
      async (keys, ranges) => {
        await r.tableCreate('keys').run(connection)
        const table = r.table('keys')
        await table.insert(keys.map((id) => ({ id }))).run(connection)
        const rows = (term: Any) => term('id').coerceTo('array').run(connection)
        const sorted = await rows(table.coerceTo('array').orderBy('id'))
        for (const [low, high, options] of ranges) {
          const inside = (row: Any) =>
            r.and(
              options.leftBound === 'open' ? row('id').gt(low) : row('id').ge(low),
              options.rightBound === 'open' ? row('id').lt(high) : row('id').le(high),
            )
          const wanted = await rows(table.coerceTo('array').orderBy('id').filter(inside))
          const slice = table.between(low, high, options)
          expect(await rows(slice.coerceTo('array').orderBy('id'))).toEqual(wanted)
          expect(await rows(slice.orderBy({ index: 'id' }))).toEqual(wanted)
          expect(await rows(slice.orderBy({ index: r.desc('id') }))).toEqual([...wanted].reverse())
          expect(await slice.count().run(connection)).toBe(wanted.length)
        }
        expect(await rows(table.orderBy({ index: 'id' }))).toEqual(sorted)
        await r.tableDrop('keys').run(connection)
      },
    ),
    { numRuns: 60 },
  )
})
