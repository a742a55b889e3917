// Promise: a term that reads a whole sequence for one value lets the event loop turn, and answers as if it had not; so
// does a query that needs the rest of a large log that was just opened.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Collection, type Database, open } from '../../../src/index.ts'
import { turnsDuring } from '../../turns.ts'
import { type Any, answer as answerOf, r } from './cases.ts'

const ROWS = 3_000
const FIRST_TURNS = 2

let db: Database
let connection: Any
const t = () => r.table('t')

/** Every look at the clock is a millisecond after the one before. */
function clockThatGoes(): void {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => ++now)
}

/** One slice never ends. */
function clockThatStands(): void {
  vi.spyOn(performance, 'now').mockReturnValue(1)
}

/** What a promise ends with, and how often the event loop turned until then. */
async function turnsOf(promise: Promise<unknown>): Promise<{ answer: unknown; turns: number }> {
  const [answer, turns] = await turnsDuring(promise.catch((error) => error))
  return { answer, turns }
}

beforeAll(async () => {
  db = await open(':memory:')
  connection = await r.connect({ database: db })
  await r.tableCreate('t').run(connection)
  await t()
    .insert(Array.from({ length: ROWS }, (_, id) => ({ id, n: id % 7, tags: [id % 3, 'x'] })))
    .run(connection)
  await t().indexCreate('n').run(connection)
  await t().indexWait().run(connection)
})
afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(async () => {
  await connection.close()
  await db.close()
})

const QUERIES: Record<string, () => Any> = {
  sum: () => t().sum('n'),
  'sum of a function': () => t().sum((row: Any) => row('n').mul(2)),
  avg: () => t().avg('n'),
  min: () => t().min('n'),
  max: () => t().max((row: Any) => row('id').mod(11)),
  'max of what is not there': () => t().max('missing').default(null),
  'count by a function': () => t().count((row: Any) => row('n').mul(2).eq(4)),
  'count of an array of objects': () => t().coerceTo('array').count({ n: 3 }),
  reduce: () =>
    t()
      .map((row: Any) => row('n'))
      .reduce((a: Any, b: Any) => a.add(b)),
  fold: () =>
    t()
      .orderBy('id')
      .fold('', (text: Any, row: Any) => text.add(row('n').coerceTo('string'))),
  'contains what is not there': () => t()('n').contains(77),
  'contains what is late': () =>
    t()
      .orderBy({ index: 'id' })('id')
      .contains(ROWS - 1, ROWS - 2),
  'group and sum': () => t().group('n').sum('id'),
  'group by several': () => t().group('tags', { multi: true }).count(),
  'group by an index': () => t().group({ index: 'n' }).max('id')('id'),
  'distinct of a function': () =>
    t()
      .map((row: Any) => row('n').add(1))
      .distinct(),
  orderBy: () => t().orderBy(r.desc('n'), 'id').limit(3),
  'the rows a filter leaves': () =>
    t()
      .filter((row: Any) => row('n').mul(2).eq(6))
      .count(),
  'a filter that leaves nothing': () =>
    t()
      .filter((row: Any) => row('n').mul(2).eq(-1))
      .sum('n'),
  'a filter with a limit': () =>
    t()
      .orderBy({ index: 'id' })
      .filter((row: Any) => row('n').mul(1).eq(6))
      .limit(200)
      .max('id'),
  'the first rows of a cursor': () => t().filter((row: Any) => row('id').mod(1_000).eq(999)),
  'the rows of a cursor': () => t().filter((row: Any) => row('id').mod(2).eq(1))('id'),
  'no rows of a cursor': () => t().filter((row: Any) => row('id').mul(2).eq(-1)),
  'two in one query': () => r.expr([t().sum('n'), t().max('id')('id'), t().count((row: Any) => row('n').mod(2).eq(0))]),
  'one whose value steers another': () => t().orderBy({ index: 'id' }).limit(t().max('n')('n').mul(400)).sum('id'),
  'one within a function': () => r.expr([1, 2]).map((i: Any) => t().sum((row: Any) => row('n').mul(i))),
  'a default for what is missing late': () =>
    t()
      .map((row: Any) => r.branch(row('id').eq(2_900), row('missing'), 1))
      .reduce((a: Any, b: Any) => a.add(b))
      .default(5),
}

describe.each(Object.entries(QUERIES))('%s', (name, query) => {
  it('answers the same in one stretch and in turns', async () => {
    // What it needs is loaded.
    await answerOf(connection, query())
    clockThatStands()
    const whole = await turnsOf(answerOf(connection, query()))
    vi.restoreAllMocks()
    clockThatGoes()
    const inTurns = await turnsOf(answerOf(connection, query()))
    expect(inTurns.answer).toEqual(whole.answer)
    expect(whole.answer).not.toBeInstanceOf(Error)
    expect(whole.turns).toBeLessThan(FIRST_TURNS)
    if (name !== 'one within a function') expect(inTurns.turns).toBeGreaterThan(FIRST_TURNS)
  })
})

it('an error in a late row is the error of the query', async () => {
  clockThatGoes()
  const late = t().sum((row: Any) => r.branch(row('id').eq(2_900), r.error('late'), 1))
  const { answer, turns } = await turnsOf(late.run(connection))
  expect(answer).toMatchObject({ name: 'ReqlUserError', msg: 'late' })
  expect(turns).toBeGreaterThan(FIRST_TURNS)
})

it('a cursor is there once its first rows are: an error in them is the error of the query', async () => {
  clockThatGoes()
  const late = t().filter((row: Any) => r.branch(row('id').eq(2_900), r.error('late'), false))
  const { answer, turns } = await turnsOf(late.run(connection))
  expect(answer).toMatchObject({ name: 'ReqlUserError', msg: 'late' })
  expect(turns).toBeGreaterThan(FIRST_TURNS)
})

it('an error in a later row is the error of the cursor; the rows before it are read', async () => {
  clockThatGoes()
  const late = t()
    .orderBy({ index: 'id' })
    .map((row: Any) => r.branch(row('id').eq(2_900), r.error('late'), row('id')))
  const cursor = await late.run(connection)
  const rows: number[] = []
  const read = cursor.eachAsync((row: number) => {
    rows.push(row)
  })
  await expect(read).rejects.toMatchObject({ name: 'ReqlUserError', msg: 'late' })
  expect(rows.length).toBeGreaterThanOrEqual(2_700)
  expect(rows).toEqual(rows.map((_, i) => i))
})

it('the first rows of a cursor are those of before the queries that follow', async () => {
  clockThatGoes()
  const found = t()
    .filter((row: Any) =>
      row('id')
        .add(0)
        .ge(ROWS - 5),
    )
    .run(connection)
  const changed = t()
    .getAll(ROWS - 1, ROWS - 2)
    .update({ late: true })
    .run(connection)
  const rows: Any[] = await (await found).toArray()
  expect((await changed).replaced).toBe(2)
  expect(rows).toHaveLength(5)
  expect(rows.filter(({ late }) => late)).toEqual([])
})

it('profiled, too', async () => {
  clockThatGoes()
  const query = t().filter((row: Any) => row('id').mul(2).eq(-1))
  const { profile, value } = await query.run(connection, { profile: true })
  expect([profile, await value.toArray()]).toEqual([[], []])
})

it('later queries of the interface run after it, in their order', async () => {
  clockThatGoes()
  const before = t().sum('n').run(connection)
  const inserted = t().insert({ id: -1, n: 1_000 }).run(connection)
  const after = t().sum('n').run(connection)
  const total = await before
  expect((await inserted).inserted).toBe(1)
  expect(await after).toBe(total + 1_000)
})

it('answers what was true at one moment, though others write between its turns', async () => {
  const rows = (await db.collections()).find(({ name }) => name.endsWith('t'))!.name
  const posts: Collection = db.collection(rows)
  const total = await t().sum('n').run(connection)
  clockThatGoes()
  const sum = t()
    .sum((row: Any) => row('n'))
    .run(connection)
  let isOver = false
  const over = () => {
    isOver = true
  }
  sum.then(over, over)
  let moves = 0
  while (!isOver) {
    // One to the other: at every moment the sum is the same.
    moves++
    await posts.upsert([
      { id: 0, n: -moves },
      { id: ROWS - 1, n: ((ROWS - 1) % 7) + moves },
    ])
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await sum).toBe(total)
  expect(moves).toBeGreaterThan(0)
  expect((await posts.get(0))!['n']).toBe(-moves)
})

it('a query that writes is done once, in one stretch', async () => {
  const query = r.expr([t().insert({ n: 1 })('inserted'), t().sum('n'), t().count()])
  const [, , rows] = await query.run(connection)
  clockThatGoes()
  const { answer, turns } = await turnsOf(query.run(connection))
  expect(answer).toEqual([1, expect.any(Number), rows + 1])
  expect(turns).toBeLessThanOrEqual(FIRST_TURNS)
})

it('a query with something random in it is evaluated once', async () => {
  clockThatGoes()
  const query = r.random(0, 1_000_000_000).do((x: Any) => r.expr([x, t().sum('n').mul(0).add(x)]))
  const { answer } = await turnsOf(query.run(connection))
  const [first, second] = answer as [number, number]
  expect(second).toBe(first)
})

it('objects made of terms stand in such a query: every one with them and an order was a TypeError', async () => {
  const added = (row: Any) => ({ m: row('n').add(1) })
  const objects = [
    t().orderBy('n').limit(1).merge(added),
    t().map(added).orderBy('m').limit(1),
    t()
      .filter({ n: r.expr(0).add(0) })
      .orderBy('id')
      .limit(1),
  ]
  for (const query of objects) expect(await query.run(connection)).toHaveLength(1)
})

it('closing the connection waits for it', async () => {
  clockThatGoes()
  const sum = t().sum('n').run(connection)
  const closed = connection.close()
  expect(await sum).toBeGreaterThan(0)
  await closed
})

describe('a large log that was just opened', () => {
  const LONG = 'x'.repeat(4_000)
  let path: string
  let opened: Any

  beforeAll(async () => {
    path = mkdtempSync(join(tmpdir(), 'quiverdb-'))
    const first = await r.connect({ path, durability: 'soft' })
    await r.tableCreate('t').run(first)
    await t()
      .insert(Array.from({ length: ROWS }, (_, id) => ({ id, n: id % 7, text: LONG })))
      .run(first)
    await first.close()
  })
  beforeEach(async () => {
    opened = await r.connect({ path, durability: 'soft' })
  })
  afterEach(() => opened.close())
  afterAll(() => rmSync(path, { recursive: true }))

  it.each<[string, () => Any, unknown]>([
    ['the first insert', () => t().insert({ id: 'new' })('inserted'), 1],
    ['the first update of one', () => t().get(7).update({ n: 0 })('unchanged'), 1],
    ['the first delete by a filter', () => t().filter({ id: 'new' }).delete()('deleted'), 1],
    ['a count of a filter', () => t().filter({ n: 3 }).count(), 429],
    ['a range of keys', () => t().between(10, 20).count(), 10],
  ])('%s reads it in turns', async (_, query, expected) => {
    const { answer, turns } = await turnsOf(query().run(opened))
    expect(answer).toBe(expected)
    // Each reads 1 MB at most.
    expect(turns).toBeGreaterThan(8)
  })

  it('a document by its key does not wait for it', async () => {
    await t().get(1).run(opened)
    const { answer, turns } = await turnsOf(t().get(2_000)('n').run(opened))
    expect(answer).toBe(5)
    expect(turns).toBeLessThan(FIRST_TURNS)
  })

  it('queries that follow a write see it', async () => {
    const written = t().insert({ id: 'later', n: 9 }).run(opened)
    const found = t().filter({ n: 9 }).count().run(opened)
    const got = t().get('later')('n').run(opened)
    const gone = t().get('later').delete().run(opened)
    expect(await Promise.all([found, got])).toEqual([1, 9])
    expect((await written).inserted).toBe(1)
    expect((await gone).deleted).toBe(1)
  })
})
