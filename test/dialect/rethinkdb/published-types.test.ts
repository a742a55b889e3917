// Promise: what programs do with the names of the driver's published types compiles here under `strict`, as it does with those. Checked by the
// compiler; each of these was an error.

import { expect, expectTypeOf, it } from 'vitest'
import * as r from '../../../src/dialect/rethinkdb/index.ts'

interface Entity {
  id: string
  name: string
}

/** Generic in its documents, over tables of which nothing is known. */
abstract class Repository<T extends Entity> {
  protected readonly table: r.Table
  protected readonly connection: r.Connection
  constructor(name: string, connection: r.Connection) {
    this.table = r.table(name)
    this.connection = connection
  }
  get(id: string): Promise<T | null> {
    return this.table.get<T>(id).run(this.connection)
  }
  save(entity: T): Promise<r.WriteResult> {
    return this.table.get<T>(entity.id).replace(entity).run(this.connection)
  }
  list(order: string): Promise<T[]> {
    return this.table
      .orderBy(order)
      .run(this.connection)
      .then((cursor) => cursor.toArray<T>())
  }
}

class Users extends Repository<Entity> {}

function page(rows: r.Sequence, sort?: string, where?: { [field: string]: unknown }): r.Sequence {
  let query: r.Sequence = rows
  if (where) query = query.filter(where)
  if (sort) query = query.orderBy(r.desc(sort))
  return query.limit(10)
}

const pool = {
  run<T>(query: r.Operation<T>, connection: r.Connection): Promise<T> {
    return query.run(connection)
  },
  value<T>(query: r.Expression<T>, connection: r.Connection): Promise<T> {
    return query.run(connection)
  },
}

async function filled() {
  const connection = await r.connect()
  await r.tableCreate('users').run(connection)
  const users = ['Ada', 'Grace', 'Mary'].map((name, index) => ({ id: name[0]!, name, age: 30 + index }))
  await r.table('users').insert(users).run(connection)
  return connection
}

it('has repositories that are generic in their documents', async () => {
  const connection = await filled()
  const users = new Users('users', connection)
  expect((await users.get('A'))?.name).toBe('Ada')
  const result: r.WriteResult = await users.save({ id: 'A', name: 'Alan' })
  if (result.errors) throw result.first_error
  const failure: Error = result.first_error
  expect(failure).toBeUndefined()
  expect((await users.list('name')).map(({ name }) => name)).toEqual(['Alan', 'Grace', 'Mary'])
  await connection.close()
})

it('has chains that a variable holds one kind of after another; functions in them know their rows', async () => {
  const connection = await filled()
  const older = page(
    r.table('users').filter((user) => user('age').gt(30)),
    'age',
  )
  const cursor: r.Cursor = await older.map((user) => user('name')).run(connection)
  expect(await cursor.toArray()).toEqual(['Mary', 'Grace'])
  let query = r.table('users').filter({})
  query = query.orderBy('age')
  query = query.skip(1).merge((user: r.Expression<Entity>) => r.expr({ initial: user('name').split('').nth(0) }))
  const everyone: r.Sequence = r.table('users')
  const kinds: r.Sequence[] = [
    query,
    r.table('users'),
    r.table('users').orderBy('age'),
    r
      .table('users')
      .orderBy('age')
      .map((user) => user('name')),
    r.table('users').pluck('name'),
    r.table('users').sample(1),
    r.table('users').union(r.table('users')),
    r.table('users').eqJoin('id', everyone).zip(),
  ]
  await expect((await kinds[0]!.run(connection)).toArray()).resolves.toMatchObject([{ initial: 'G' }, { initial: 'M' }])
  const both: r.Operation<r.Cursor>[] = kinds
  for (const one of both) expect(typeof (await pool.run(one, connection)).next).toBe('function')
  await connection.close()
})

it('calls callbacks with a cursor, whether the answer is one or an array', async () => {
  const connection = await filled()
  const names: string[] = []
  await new Promise<void>((resolve, reject) => {
    const told = (error: Error, cursor: r.Cursor) => {
      if (error) return reject(error)
      cursor.each<Entity>((_error, user) => names.push(user.name), resolve)
    }
    r.table('users').orderBy(r.asc('name')).run(connection, told)
  })
  expect(names).toEqual(['Ada', 'Grace', 'Mary'])
  for await (const { name } of await r.table('users').orderBy('name').run(connection)) names.push(name)
  expect(names).toHaveLength(6)
  // biome-ignore lint/complexity/noBannedTypes: as programs do
  const listeners: Record<string, Function> = { close: () => names.splice(0) }
  for (const [event, listener] of Object.entries(listeners)) connection.on(event, listener)
  await connection.close()
  expect(names).toEqual([])
})

it('answers what the types of operations say', async () => {
  const connection = await filled()
  let tables = await pool.run(r.tableList(), connection)
  tables = tables.filter((name) => name !== 'users')
  expectTypeOf(tables).toEqualTypeOf<string[]>()
  expect(await pool.value(r.table('users').count(), connection)).toBe(3)
  let rows = await r.table('users').coerceTo('array').run(connection)
  rows = rows.filter(({ name }) => name === 'Ada')
  expect(rows).toHaveLength(1)
  const made: r.CreateResult = await r.db('test').tableCreate('other').run(connection)
  const dropped: r.DropResult = await r.db('test').tableDrop('other').run(connection)
  const created: number = made.created
  expect([created, made.tables_created, dropped.tables_dropped]).toEqual([undefined, 1, 1])
  const now: r.Expression<r.Time> = r.now()
  const time: r.Time = await now.run(connection)
  expect(time.epoch_time).toBeUndefined()
  const raw: r.Time = { $reql_type$: 'TIME', epoch_time: 1, timezone: '+00:00' }
  const bytes: r.Binary = { $reql_type$: 'BINARY', data: 'aGk=' }
  const aggregators: r.Aggregator[] = [r.count, r.sum('age')]
  expect([raw.epoch_time, bytes.data, aggregators.length]).toEqual([1, 'aGk=', 2])
  const users: Entity[] = await (await r.table('users').pluck('id', 'name').run(connection)).toArray()
  expect(users).toHaveLength(3)
  await connection.close()
})

it('still refuses to write or watch what is no row of a table', () => {
  const users = r.table<Entity>('users')
  const names = users.map((user) => user('name'))
  const sorted = names.orderBy((name) => name)
  const refused = [
    // @ts-expect-error
    () => names.delete(),
    // @ts-expect-error
    () => sorted.update({}),
    // @ts-expect-error
    () => users.get('A')('name').replace({}),
    // @ts-expect-error
    () => users.changes().between(1, 2),
    // @ts-expect-error
    () => users.get(1),
    // @ts-expect-error
    () => users.nth(0).update({ name: 1 }),
  ]
  expect(refused).toHaveLength(6)
  const taken = [users.nth(0).update({ name: 'x' }), users.orderBy('name').delete(), users.between('A', 'B').delete()]
  expect(taken.map(String)[0]).toBe('r.table("users").nth(0).update({"name": "x"})')
})

it('has classes that are generic in typed documents', async () => {
  const connection = await filled()
  class Typed<T extends Entity> {
    readonly table: r.Table<T>
    constructor(table: r.Table<T>) {
      this.table = table
    }
    add(document: T) {
      return this.table.insert(document).run(connection)
    }
    patch(id: string, patch: Partial<T>) {
      return this.table.get<T>(id).update(patch).run(connection)
    }
    where(patch: Partial<T>): Promise<r.Cursor<T>> {
      return this.table.filter(patch).run(connection)
    }
    sorted(field: keyof T & string): Promise<T[]> {
      return this.table.orderBy(field).limit(2).run(connection)
    }
  }
  const users = new Typed(r.table<Entity>('users'))
  await users.add({ id: 'B', name: 'Barbara' })
  await users.patch('B', { name: 'Betty' })
  expect(await (await users.where({ name: 'Betty' })).toArray()).toEqual([{ id: 'B', name: 'Betty' }])
  expect((await users.sorted('id')).map(({ name }) => name)).toEqual(['Ada', 'Betty'])
  const posts = r.table<{ id: number; author: string }>('posts')
  const merged = users.table.merge((user) => ({ posts: posts.getAll(user('id')).orderBy('id'), n: posts.count() }))
  expectTypeOf<Awaited<ReturnType<typeof merged.run>>>().toEqualTypeOf<
    r.Cursor<Omit<Entity, 'posts' | 'n'> & { posts: { id: number; author: string }[]; n: number }>
  >()
  await connection.close()
})
