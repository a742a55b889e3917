// Promise: rows of a large table in the order of their keys, or between two keys, are the same before the engine has an index of the keys
// and with it, whatever types the keys have.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { open } from '../../../src/engine/index.ts'
import { type Any, answer, r } from './cases.ts'

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
})
afterAll(async () => {
  await connection.close()
})

const run = (term: Any) => answer(connection, term) as Promise<Any>

/** Of the numbers up to 2^16 each once, out of order. */
const spread = (i: number) => (i * 40_503) % 65_536

const KEYS: Record<string, (n: number) => unknown> = {
  strings: (n) => `k${n.toString(36)}${['', 'é', '𝒳'][n % 3]}`,
  numbers: (n) => (n - 30_000) / (n % 2 === 0 ? 1 : 8),
  mixed: (n) => [n, `s${n}`, new Date(n * 1_000), n / 4 + 0.1, n < 32_000][n < 8 ? 4 : n % 4],
  arrays: (n) => (n % 3 === 0 ? [n % 50, `a${n}`] : `s${n}`),
}

for (const [name, keyOf] of Object.entries(KEYS)) {
  it(`${name} come in their order`, async () => {
    await run(r.tableCreate(name))
    const table = r.table(name)
    const rows = Array.from({ length: 3_000 }, (_, i) => ({ id: keyOf(spread(i)), i }))
    await run(table.insert(rows))
    const queries = [{ index: 'id' }, { index: r.desc('id') }].map((order) => table.orderBy(order))
    for (let i = 0; i < 8; i++) {
      const [one, other] = [keyOf(spread(i * 17)), keyOf(spread(i * 31 + 4_000))]
      const bounds = [i % 3 === 0 ? r.minval : one, i % 4 === 0 ? r.maxval : other]
      const options = i % 2 === 0 ? {} : { leftBound: 'open', rightBound: 'closed' }
      const between = table.between(...bounds, options)
      queries.push(between.orderBy({ index: 'id' }), between.orderBy({ index: r.desc('id') }).limit(7))
      queries.push(between.count(), between.orderBy('i'))
    }
    queries.push(table.min({ index: 'id' }), table.max({ index: 'id' }))
    const before = []
    for (const query of queries) before.push(await run(query))
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (const [i, query] of queries.entries()) expect(await run(query), `query ${i}`).toEqual(before[i])
    const more = Array.from({ length: 500 }, (_, i) => ({ id: keyOf(spread(4_500 + i)), i: -i }))
    await run(table.insert(more, { conflict: 'replace' }))
    await run(table.filter(r.row('i').mod(5).eq(0)).delete())
    const sorted = await run(table.coerceTo('array').orderBy('id'))
    expect(await run(queries[0])).toEqual(sorted)
    expect(await run(queries[1])).toEqual(sorted.toReversed())
  })
}

it('a table that is written to for each of its rows comes to its end', async () => {
  await run(r.tableCreate('grows'))
  const grows = r.table('grows')
  await run(grows.insert(Array.from({ length: 2_500 }, (_, id) => ({ id }))))
  for (let i = 0; i < 3; i++) {
    await run(grows.orderBy({ index: 'id' }).limit(1))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const ahead = (row: Any) => grows.insert({ id: row('id').add(10_000) })
  expect(await run(grows.orderBy({ index: 'id' }).forEach(ahead))).toMatchObject({ inserted: 2_500, errors: 0 })
})

// Equal rows were the arguments of one call: from some 125,000 on "The query nests too deeply".
it('any number of rows that are equal in an index come in the order of a field', async () => {
  const database = await open(':memory:')
  const beside = await r.connect({ database })
  await answer(beside, r.tableCreate('equal'))
  await database.collection('test.equal').insert(Array.from({ length: 130_000 }, (_, id) => ({ id, kind: 1 })))
  await answer(beside, r.table('equal').indexCreate('kind'))
  await answer(beside, r.table('equal').indexWait())
  const rows = r.table('equal').orderBy(r.desc('id'), { index: 'kind' }).limit(2)('id')
  expect(await (await rows.run(beside, { arrayLimit: 1_000_000 })).toArray()).toEqual([129_999, 129_998])
  await beside.close()
  await database.close()
})
