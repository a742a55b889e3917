// Promise: the tables of the system are read and written as the manual does it: databases and tables are made, renamed, changed and dropped
// by their rows; what has no rows in process says so in the result.

import { afterAll, beforeAll, expect, it } from 'vitest'
import r from '../../../src/dialect/rethinkdb/index.ts'

type Result = Record<string, unknown>

let connection: Awaited<ReturnType<typeof r.connect>>

beforeAll(async () => {
  connection = await r.connect({})
})
afterAll(() => connection.close())

async function run(term: { run(connection: unknown): Promise<unknown> }): Promise<Result> {
  return (await term.run(connection)) as Result
}

const system = (name: string, options: object = {}) => r.db('rethinkdb').table(name, options)

const COUNTS = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }

it('makes, renames and drops databases by db_config: "Expected type TABLE but found TABLE" said the query before', async () => {
  const made = await run(system('db_config').insert([{ name: 'blog' }, { name: 'old' }]))
  expect(made).toEqual({ ...COUNTS, inserted: 2, generated_keys: [expect.any(String), expect.any(String)] })
  const renamed = await run(
    system('db_config').filter({ name: 'old' }).update({ name: 'new' }, { returnChanges: true }),
  )
  const id = (made['generated_keys'] as string[])[1]
  expect(renamed).toEqual({
    ...COUNTS,
    replaced: 1,
    changes: [{ old_val: { id, name: 'old' }, new_val: { id, name: 'new' } }],
  })
  expect(await run(r.dbList())).toEqual(['blog', 'new', 'rethinkdb', 'test'])
  const taken = await run(system('db_config').get(id!).update({ name: 'blog' }))
  expect(taken).toEqual({ ...COUNTS, errors: 1, first_error: expect.stringMatching(/already exists/) })
  const keyed = await run(system('db_config').insert({ id: 'x', name: 'x' }))
  expect(keyed).toMatchObject({ errors: 1, first_error: expect.stringMatching(/auto-generated primary key/) })
  expect(await run(system('db_config').get(id!).delete())).toEqual({ ...COUNTS, deleted: 1 })
  expect(await run(system('db_config').get(id!).delete())).toEqual({ ...COUNTS, skipped: 1 })
  expect(await run(r.dbList())).toEqual(['blog', 'rethinkdb', 'test'])
})

it('makes, changes and drops tables by table_config', async () => {
  await run(system('table_config').insert({ name: 'posts', db: 'blog', primary_key: 'slug', durability: 'soft' }))
  await run(r.db('blog').table('posts').insert({ slug: 'a' }))
  expect(await run(r.db('blog').table('posts').config())).toMatchObject({ primary_key: 'slug', durability: 'soft' })
  const posts = system('table_config').filter({ db: 'blog', name: 'posts' })
  expect(await run(posts.update({ name: 'articles', durability: 'hard' }))).toEqual({ ...COUNTS, replaced: 1 })
  expect(await run(r.db('blog').table('articles').count())).toBe(1)
  expect(await run(system('table_config').update({ write_acks: 'majority' }))).toEqual({ ...COUNTS, unchanged: 1 })
  const wrong = await run(system('table_config').update({ durability: 'none' }))
  expect(wrong).toMatchObject({ errors: 1, first_error: expect.stringMatching(/Expected "soft" or "hard"/) })
  expect(await run(system('table_config').insert({ name: 'x' }))).toMatchObject({
    errors: 1,
    first_error: expect.stringMatching(/Expected a field named `db`/),
  })
  expect(await run(system('table_config').delete())).toEqual({ ...COUNTS, deleted: 1 })
  expect(await run(r.db('blog').tableList())).toEqual([])
})

it('says in the result what cannot be written', async () => {
  const users = await run(system('users').insert({ id: 'bob', password: 'secret' }))
  expect(users).toEqual({ ...COUNTS, errors: 1, first_error: expect.stringMatching(/has no users/) })
  const status = await run(system('server_status').update({ name: 'x' }))
  expect(status).toMatchObject({
    errors: 1,
    first_error: "It's illegal to write to the `rethinkdb.server_status` table.",
  })
  expect(await run(system('jobs').get(['query', 'x']).delete())).toEqual({ ...COUNTS, skipped: 1 })
  await expect(run((system('db_config').pluck('id') as unknown as ReturnType<typeof system>).delete())).rejects.toThrow(
    /Expected type SELECTION/,
  )
})

it('tells databases and servers by id where identifierFormat asks for it, which was ignored', async () => {
  await run(r.tableCreate('t'))
  const { id } = await run(system('db_config').filter({ name: 'test' }).nth(0))
  const server = await run(system('server_config').nth(0))
  const shard = { primary_replica: server['id'], replicas: [server['id']], nonvoting_replicas: [] }
  const byId = system('table_config', { identifierFormat: 'uuid' })
  expect(await run(byId.nth(0))).toMatchObject({ db: id, name: 't', shards: [shard] })
  expect(await run(system('table_status', { identifierFormat: 'uuid' }).nth(0))).toMatchObject({
    db: id,
    shards: [{ primary_replicas: [server['id']], replicas: [{ server: server['id'], state: 'ready' }] }],
  })
  expect(await run(byId.update({ name: 'u' }))).toEqual({ ...COUNTS, replaced: 1 })
  expect(await run(r.tableList())).toEqual(['u'])
  const started = system('server_status').nth(0)('process')('time_started')
  expect(await run(started)).toBeInstanceOf(Date)
})

it('follows one row of a system table: it was refused, and a feed of a configuration told nothing', async () => {
  const { config_changes: made } = await r.tableCreate('watched').run(connection)
  const { id } = made![0]!.new_val as { id: string }
  const table = r.table('watched')
  const configs = system('table_config')
  const row = await configs.get(id).changes({ includeInitial: true }).run(connection)
  expect(String(row)).toBe('[object AtomFeed]')
  expect(await row.next()).toMatchObject({ new_val: { id, name: 'watched', indexes: [] } })
  const config = await table.config().changes().run(connection)
  const status = await table.status().changes().run(connection)
  const none = await configs.get('none').changes({ includeInitial: true }).run(connection)
  expect(await none.next()).toEqual({ new_val: null })
  const database = await r.db('test').config().changes({ includeInitial: true }).run(connection)
  expect(await database.next()).toMatchObject({ new_val: { name: 'test' } })
  await run(table.indexCreate('n'))
  for (const feed of [row, config]) {
    expect(await feed.next()).toMatchObject({ old_val: { indexes: [] }, new_val: { indexes: ['n'] } })
  }
  await run(table.config().update({ name: 'seen' }))
  for (const feed of [row, config, status]) {
    expect(await feed.next()).toMatchObject({ old_val: { name: 'watched' }, new_val: { name: 'seen' } })
  }
  await run(r.tableDrop('seen'))
  for (const feed of [row, config, status]) {
    expect(await feed.next()).toMatchObject({ old_val: { id }, new_val: null })
  }
  for (const feed of [row, config, status, none, database]) await feed.close()
})
