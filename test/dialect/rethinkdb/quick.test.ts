// Promise: the short way of `get` and `insert` answers to the letter what the long way does (any run options make a query take that one),
// and finds its table anew when that was dropped, renamed, or is another connection's.

import { expect, it } from 'vitest'
import { openDatabase } from '../../../src/engine/index.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'
import fc from '../../property.ts'
import { type Any, r } from './cases.ts'

const outcome = async (connection: Any, term: () => Any, options?: object): Promise<unknown> => {
  try {
    const value = await (options === undefined ? term().run(connection) : term().run(connection, options))
    // Asked for, so that no way is short.
    delete value?.changes
    if (value?.generated_keys !== undefined) value.generated_keys = value.generated_keys.length
    return JSON.stringify(value)
  } catch (error) {
    const { name, message } = error as Error
    return `${name}: ${message}`
  }
}

const key = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 6 }) },
  fc.constantFrom<unknown>(
    'a',
    'x\0y',
    'k'.repeat(43),
    '\uFFFD'.repeat(42),
    'k'.repeat(128),
    null,
    true,
    [1, 'b'],
    -0,
    1.5,
    {},
    [{}],
  ),
)
const value = fc.oneof(
  fc.integer(),
  fc.constantFrom<unknown>('text', null, true, [1, [2]], { b: { a: 1 }, a: 2 }, new Date(5), Buffer.from('x'), {
    $reql_type$: 'TIME',
    epoch_time: 1.0005,
    timezone: '+01:00',
  }),
)
const name = fc.constantFrom('b', 'a', 'Z', '\u{1F600}', '\uFF5E', '__proto__', 'constructor', '10', '9')
const document = fc
  .tuple(
    fc.option(key, { nil: undefined }),
    fc.uniqueArray(fc.tuple(name, value), { selector: ([n]) => n, maxLength: 5 }),
  )
  .map(([id, fields]) => {
    const made: Record<string, unknown> = {}
    for (const [field, of] of fields)
      Object.defineProperty(made, field, { value: of, enumerable: true, writable: true })
    return id === undefined ? made : { ...made, id }
  })
const operation = fc.oneof(
  fc.record({ get: key }),
  fc.record({
    insert: fc.oneof(
      document,
      fc.array(fc.oneof({ weight: 9, arbitrary: document }, { weight: 1, arbitrary: value }), { maxLength: 4 }),
    ),
  }),
)

it('answers as the long way does', async () => {
  const [short, long] = [await r.connect(), await r.connect()]
  let tables = 0
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
      const table = `t${tables++}`
      for (const connection of [short, long]) await r.tableCreate(table).run(connection)
      for (const one of operations) {
        const term =
          (...options: object[]) =>
          () =>
            'get' in one ? r.table(table).get(one.get) : r.table(table).insert(one.insert, ...options)
        expect(await outcome(short, term())).toBe(await outcome(long, term({ returnChanges: true }), {}))
      }
      const rows = () => r.table(table).without('id').coerceTo('array')
      expect(await outcome(short, rows)).toBe(await outcome(long, rows))
    }),
    { numRuns: 150 },
  )
  await short.close()
  await long.close()
})

it('knows its table by the connection, the name and the database', async () => {
  const [first, second] = [await r.connect(), await r.connect()]
  const get = r.table('t').get(1)
  const all = async (connection: Any) => await outcome(connection, () => get)
  for (const connection of [first, second]) await r.tableCreate('t').run(connection)
  await r.table('t').insert({ id: 1, of: 'first' }).run(first)
  expect([await all(first), await all(second), await all(first)]).toEqual([
    '{"id":1,"of":"first"}',
    'null',
    '{"id":1,"of":"first"}',
  ])
  await r.dbCreate('other').run(first)
  await r.db('other').tableCreate('t').run(first)
  await r.db('other').table('t').insert({ id: 1, of: 'other' }).run(first)
  first.use('other')
  expect(await all(first)).toBe('{"id":1,"of":"other"}')
  await r.table('t').config().update({ name: 'u' }).run(first)
  expect(await all(first)).toMatch(/^ReqlOpFailedError: Table `other.t` does not exist/)
  first.use('test')
  await r.tableDrop('t').run(first)
  expect(await all(first)).toMatch(/^ReqlOpFailedError: Table `test.t` does not exist/)
  await r.tableCreate('t').run(first)
  expect(await all(first)).toBe('null')
  await first.close()
  expect(await all(first)).toMatch(/^ReqlDriverError: Connection is closed/)
  await second.close()
})

it('ends with an error of the dialect when the disk fails under a write', async () => {
  for (const options of [undefined, {}]) {
    const medium = new SimulatedMedium()
    const database = await openDatabase({ storage: medium.reopen() })
    const connection = await r.connect({ database })
    await r.tableCreate('t').run(connection)
    medium.failAt(medium.operationsCount + 1, { kinds: ['flush', 'flushSync'], lasts: 'forever' })
    const term = r.table('t').insert({ id: 1 })
    const error = await (options === undefined ? term.run(connection) : term.run(connection, { arrayLimit: 9 })).catch(
      (caught: unknown) => caught,
    )
    expect([error.name, error.cause?.code]).toEqual(['ReqlOpFailedError', 'QUIVER_HOST'])
    expect(error.message).toContain('in:\nr.table("t").insert({"id": 1})')
    medium.heal()
    await database.close().catch(() => {})
  }
})
