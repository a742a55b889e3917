// Promise: changes of the catalogs of dialects, which are several writes of the engine, leave nothing half when the process dies between
// any two of them: a table, collection or partition is there with all that is in it, or is not, and can be made anew. The process dies
// before each operation on the medium in turn.

import { expect, it } from 'vitest'
import { MilvusClient } from '../../src/dialect/milvus/index.ts'
import r from '../../src/dialect/rethinkdb/index.ts'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

type Step = (db: Database) => Promise<unknown>

/** What `describe` tells of all that a process may have left which died while it ran `change`; the last is that of one that did not. */
async function fates(prepare: Step, change: Step, describe: Step, again: Step): Promise<string[]> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  await prepare(db)
  const left = new Map<string, SimulatedMedium>()
  const die = () => {
    const state = medium.state()
    if (!left.has(state)) left.set(state, medium.crash({ seed: 1, mode: 'all' }))
  }
  medium.onOperation = die
  await change(db)
  medium.onOperation = undefined
  die()
  await db.close()
  const found: string[] = []
  for (const died of left.values()) {
    const reopened = await openDatabase({ storage: died.reopen() })
    found.push(JSON.stringify(await describe(reopened)))
    await reopened.close()
    // What was found stays so, and the change can be made, or made undone, from there.
    const later = await openDatabase({ storage: died.reopen() })
    expect(JSON.stringify(await describe(later))).toBe(found.at(-1))
    await again(later)
    await later.close()
  }
  expect(left.size).toBeGreaterThan(5)
  return found
}

/** In the order in which they came up. */
const distinct = (found: readonly string[]) => [...new Set(found)]

const tables: Step = async (db) => {
  const connection = await r.connect({ database: db })
  const found: unknown[] = []
  for (const name of (await r.tableList().run(connection)) as string[]) {
    const table = r.table(name)
    found.push([name, await table.count().run(connection), await table.indexList().run(connection)])
  }
  await connection.close()
  return found
}

const inReql =
  (...terms: (() => { run(connection: never): Promise<unknown> })[]): Step =>
  async (db) => {
    const connection = await r.connect({ database: db })
    for (const term of terms) await term().run(connection as never)
    await connection.close()
  }

it('RethinkDB: a renamed table that is dropped does not come back under its first name, without its indexes', async () => {
  const found = await fates(
    inReql(
      () => r.tableCreate('t') as never,
      () => r.table('t').insert([{ id: 1, v: 1 }]) as never,
      () => r.table('t').indexCreate('v') as never,
      () => r.table('t').config().update({ name: 'x' }) as never,
    ),
    inReql(() => r.tableDrop('x') as never),
    tables,
    async (db) => {
      const names = JSON.stringify(await tables(db))
      if (names !== '[]') await inReql(() => r.tableDrop('x') as never)(db)
      await inReql(
        () => r.tableCreate('x') as never,
        () => r.tableCreate('t') as never,
      )(db)
      expect(await tables(db)).toEqual(
        expect.arrayContaining([
          ['x', 0, []],
          ['t', 0, []],
        ]),
      )
    },
  )
  expect(distinct(found)).toEqual(['[["x",1,["v"]]]', '[]'])
})

it('RethinkDB: a table whose making was cut short can be made, where its first name is another table by now', async () => {
  const prepare = inReql(
    () => r.tableCreate('t') as never,
    () => r.table('t').config().update({ name: 'x' }) as never,
  )
  const make = inReql(() => r.tableCreate('t') as never)
  const found = await fates(prepare, make, tables, async (db) => {
    if (!JSON.stringify(await tables(db)).includes('"t"')) await make(db)
    await inReql(() => r.table('t').insert({ id: 5 }) as never)(db)
    expect(await tables(db)).toEqual(
      expect.arrayContaining([
        ['x', 0, []],
        ['t', 1, []],
      ]),
    )
  })
  expect(distinct(found.map((one) => (one.includes('"t"') ? 'made' : 'not')))).toEqual(['not', 'made'])
})

const V = [1, 2, 3, 4]

const inMilvus =
  (run: (client: MilvusClient) => Promise<unknown>): Step =>
  async (db) => {
    const client = new MilvusClient({ database: db })
    const result = await run(client)
    await client.closeConnection()
    return result
  }

const notes = { collection_name: 'notes' }
const make = inMilvus((client) => client.createCollection({ ...notes, dimension: 4 }))
const filled: Step = async (db) => {
  await make(db)
  await inMilvus(async (client) => {
    await client.createPartition({ ...notes, partition_name: 'p' })
    await client.insert({ ...notes, data: [{ id: 1, vector: V }] })
    await client.insert({ ...notes, partition_name: 'p', data: [{ id: 2, vector: V }] })
    await client.createAlias({ ...notes, alias: 'a' })
  })(db)
}
const collections: Step = async (db) => {
  const found = await inMilvus(async (client) => {
    if (!(await client.hasCollection(notes)).value) return 'none'
    const { partition_names } = await client.showPartitions(notes)
    const { data } = await client.query({ ...notes, filter: 'id >= 0', output_fields: ['id'] })
    return [partition_names.slice().sort(), data.map(({ id }) => id).sort()]
  })(db)
  const engine = (await db.collections()).map(({ name }) => name).filter((name) => name !== 'milvus.catalog')
  return [found, engine]
}
const search = inMilvus((client) => client.search({ ...notes, data: V, limit: 5 }))

it('Milvus: a partition that is dropped takes its rows along, or stays', async () => {
  const drop = inMilvus((client) => client.dropPartition({ ...notes, partition_name: 'p' }))
  const release = inMilvus((client) => client.releasePartitions({ ...notes, partition_names: ['p'] }))
  const loaded: Step = async (db) => {
    await inMilvus((client) => client.loadCollection(notes))(db)
    return await collections(db)
  }
  const found = await fates(
    async (db) => {
      await filled(db)
      await release(db)
    },
    drop,
    loaded,
    async (db) => {
      await release(db)
      await drop(db)
      expect(await collections(db)).toEqual([[['_default'], ['1']], ['notes']])
      await inMilvus(async (client) => {
        const { error_code } = await client.createPartition({ ...notes, partition_name: 'p' })
        expect(error_code).toBe('Success')
      })(db)
    },
  )
  expect(distinct(found)).toEqual(['[[["_default","p"],["1","2"]],["notes"]]', '[[["_default"],["1"]],["notes"]]'])
})

it('Milvus: a partition whose making was cut short can be made and written to', async () => {
  const partition = inMilvus(async (client) => {
    const { error_code } = await client.createPartition({ ...notes, partition_name: 'q' })
    expect(error_code).toBe('Success')
  })
  await fates(filled, partition, collections, async (db) => {
    await partition(db)
    await inMilvus((client) => client.insert({ ...notes, partition_name: 'q', data: [{ id: 9, vector: V }] }))(db)
    expect(await collections(db)).toEqual([
      [
        ['_default', 'p', 'q'],
        ['1', '2', '9'],
      ],
      ['notes'],
    ])
  })
})

it('Milvus: a collection that is dropped leaves nothing in the engine, or is whole', async () => {
  const drop = inMilvus((client) => client.dropCollection(notes))
  const unalias = inMilvus((client) => client.dropAlias({ alias: 'a' }))
  const found = await fates(
    async (db) => {
      await filled(db)
      await unalias(db)
    },
    drop,
    collections,
    async (db) => {
      await drop(db)
      await make(db)
      expect(await collections(db)).toEqual([[['_default'], []], ['notes']])
    },
  )
  expect(distinct(found)).toEqual(['[[["_default","p"],["1","2"]],["notes"]]', '["none",[]]'])
})

it('Milvus: the quick form finishes what a process that died had begun', async () => {
  const found = await fates(
    async () => {},
    make,
    async (db) => (await db.collections()).map(({ name }) => name).filter((name) => name === 'notes').length,
    async (db) => {
      await make(db)
      await inMilvus((client) => client.insert({ ...notes, data: [{ id: 1, vector: V }] }))(db)
      const { results } = (await search(db)) as { results: unknown[] }
      expect(results).toHaveLength(1)
      expect(await collections(db)).toEqual([[['_default'], ['1']], ['notes']])
    },
  )
  expect(found.at(-1)).toBe('1')
})
