// Promise: a program in TypeScript that was written with the driver's published types compiles, and runs, when its import is changed. Checked by
// the compiler; running it only shows that it is so.

import { expect, it } from 'vitest'
import named, * as r from '../../../src/dialect/rethinkdb/index.ts'

interface User {
  id?: string
  name: string
  age: number
}

class Users {
  private connection!: r.Connection
  private readonly options: r.ConnectionOptions
  readonly table: r.Table = r.table('users')

  constructor(options: r.ConnectionOptions) {
    this.options = options
  }

  async open(): Promise<void> {
    this.connection = await r.connect(this.options)
    const names: string[] = await r.dbList().run(this.connection)
    if (!names.includes('app')) {
      const made: r.CreateResult = await r.dbCreate('app').run(this.connection)
      expect(made.dbs_created).toBe(1)
    }
    await r.db('app').tableCreate('users').run(this.connection)
    this.connection.use('app')
    const index: r.CreateResult = await this.table.indexCreate('age').run(this.connection)
    expect(index.created).toBe(1)
    await this.table.indexWait('age').run(this.connection)
    this.connection.addListener('error', (error: Error) => expect(error).toBeUndefined())
  }

  async add(user: User): Promise<string> {
    const result: r.WriteResult = await this.table.insert(user).run(this.connection)
    return result.generated_keys[0]!
  }

  async get(id: string): Promise<User | null> {
    return await this.table.get<User>(id).run(this.connection)
  }

  async all(): Promise<User[]> {
    const cursor: r.Cursor = await this.table.run(this.connection)
    return await cursor.toArray<User>()
  }

  older(age: number, done: (error: Error, users: User[]) => void): void {
    const isOlder: r.Expression<boolean> = r.row('age').gt(age)
    this.table
      .filter(isOlder)
      .orderBy(r.desc('age'))
      .run(this.connection, (error: Error, cursor) => {
        if (error) return done(error, [])
        cursor.toArray((failure: Error, users: User[]) => done(failure, users))
      })
  }

  adults(): Promise<number> {
    return this.table
      .filter((user: r.Expression<User>) => user('age').ge(18).and(user('name').match('^A')))
      .count()
      .run(this.connection)
  }

  watch(told: (name: string) => void): void {
    this.table.changes().run(this.connection, (error: Error, feed: r.Cursor) => {
      if (error) throw error
      feed.each((failure: Error, change) => {
        if (!failure) told(change.new_val.name)
      })
    })
  }

  page(name: string | undefined, count: number): r.Sequence {
    let rows: r.Sequence = this.table
    if (name !== undefined) rows = rows.filter({ name })
    return rows.orderBy('age').limit(count)
  }

  async close(): Promise<void> {
    await this.connection.close({ noreplyWait: true })
  }
}

it('compiles and runs a program written with the types of the driver', async () => {
  const users = new Users({})
  await users.open()
  const told = new Promise<string>((resolve) => {
    users.watch(resolve)
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  const id = await users.add({ name: 'Ada', age: 36 })
  await users.add({ name: 'Grace', age: 50 })
  expect(await told).toBe('Ada')
  expect(await users.get(id)).toEqual({ id, name: 'Ada', age: 36 })
  expect(await users.all()).toHaveLength(2)
  expect(await users.adults()).toBe(1)
  const older = await new Promise<User[]>((resolve, reject) => {
    users.older(40, (error, found) => (error ? reject(error) : resolve(found)))
  })
  expect(older.map(({ name }) => name)).toEqual(['Grace'])
  expect(users.page('Ada', 5).toString()).toBe('r.table("users").filter({"name": "Ada"}).orderBy("age").limit(5)')
  await users.close()
})

it('names the types by a default import too: r.Connection was a namespace that TypeScript could not find', async () => {
  const connection: named.Connection = await named.connect()
  const table: named.Table<User> = named.table<User>('users')
  const writes: named.Writeable = named.table('users')
  const options: named.InsertOptions = { conflict: (_id, old, next) => old.merge(next), returnChanges: true }
  await named.tableCreate('users').run(connection)
  const result: named.WriteResult<User> = await table.insert({ id: 'a', name: 'Ada', age: 36 }, options).run(connection)
  expect(result.changes?.[0]?.new_val?.name).toBe('Ada')
  await writes.update({ age: 37 }).run(connection)
  const cursor: named.Cursor<User> = await table.run(connection)
  // @ts-expect-error: the rows are those of the table.
  const wrong: number | undefined = (await cursor.toArray())[0]
  expect(wrong).toEqual({ id: 'a', name: 'Ada', age: 37 })
  await connection.close()
})

it('gives functions on tables that nothing is known of a row; strict programs were told that it had no type', async () => {
  const connection = await r.connect()
  await r.tableCreate('users').run(connection)
  const users = r.table('users')
  await users
    .insert([
      { id: 1, age: 17 },
      { id: 2, age: 18 },
    ])
    .run(connection)
  await users
    .filter((user) => user('age').ge(18))
    .update((user) => ({ age: user('age').add(1) }))
    .run(connection)
  await users
    .get(1)
    .replace((user) => user.merge({ age: 1 }))
    .run(connection)
  const rows = await users
    .orderBy('id')
    .filter((user) => user('age').gt(0))
    .run(connection)
  expect(rows).toEqual([
    { id: 1, age: 1 },
    { id: 2, age: 19 },
  ])
  await connection.close()
})

it('takes listeners that say what they are told, and has all names of types', async () => {
  const connection: r.Connection = await r.connect()
  const wait: r.WaitOptions & { waitFor: r.waitFor } = { waitFor: 'ready_for_writes' }
  await r.tableCreate('users').run(connection)
  const users: r.HasFields<r.Sequence> = r.table('users')
  expect(users.hasFields('age').toString()).toBe('r.table("users").hasFields("age")')
  await r.table('users').wait(wait).run(connection)
  const feed = await r.table('users').changes().run(connection)
  const added = new Promise<string>((resolve) => {
    // Refused: `unknown` is not assignable to what the listener says.
    feed.on('data', (change: { new_val: User }) => resolve(change.new_val.name))
    feed.on('error', (error: Error) => expect(error.message).toBe('Connection is closed'))
  })
  await r.table('users').insert({ name: 'Ada', age: 36 }).run(connection)
  expect(await added).toBe('Ada')
  feed.removeListener('error', () => {})
  await feed.close()
  await connection.close()
})
