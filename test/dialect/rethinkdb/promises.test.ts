// Promise: what a query, a connection or a cursor answers has the methods of the driver's promises, which are Bluebird's. Programs
// written for the driver end their chains with `.error(handler)`: with bare native promises each of them died of a TypeError there.

import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Any, r } from './cases.ts'

const Bluebird = createRequire(createRequire(import.meta.url).resolve('rethinkdb'))('bluebird') as Any

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
  await r.tableCreate('users').run(connection)
  await r
    .table('users')
    .insert([{ id: 1 }, { id: 2 }, { id: 3 }])
    .run(connection)
})
afterAll(async () => await connection.close())

const users = (): Any => r.table('users').orderBy('id')('id').run(connection)

describe('a chain of the driver', () => {
  it('takes what a query was refused for with `error`, and nothing else', async () => {
    const heard: Any[] = []
    await r
      .tableCreate('users')
      .run(connection)
      .error((error: Any) => heard.push(error.name))
    const own = new TypeError('of the program')
    const thrown = users()
      .then(() => {
        throw own
      })
      .error((error: Any) => heard.push(error))
    await expect(thrown).rejects.toBe(own)
    await r
      .connect()
      .then((made: Any) => made.close())
      .then(() => r.expr(1).run('no connection'))
      .error((error: Any) => heard.push(error.name))
      .finally(() => heard.push('finally'))
    expect(heard).toEqual(['ReqlOpFailedError', 'ReqlDriverError', 'finally'])
  })

  it('catches by class, by predicate and by fields', async () => {
    const refused = (): Any => r.table('nope').run(connection)
    expect(await refused().catch(TypeError, r.Error.ReqlRuntimeError, () => 'class')).toBe('class')
    expect(
      await refused().caught(
        (error: Any) => /does not exist/.test(error.msg),
        () => 'said',
      ),
    ).toBe('said')
    expect(await refused().catch({ name: 'ReqlOpFailedError' }, () => 'named')).toBe('named')
    await expect(refused().catch(TypeError, () => 'wrong')).rejects.toThrow('nope')
    expect(await refused().catch(() => 'plain')).toBe('plain')
  })

  it('calls back, and a value that is not there is no argument', async () => {
    const called = await new Promise((resolve) => users().nodeify((...args: Any[]) => resolve(args)))
    expect(called).toEqual([null, [1, 2, 3]])
    const failed: Any = await new Promise((resolve) => r.table('nope').run(connection).asCallback(resolve))
    expect(failed.name).toBe('ReqlOpFailedError')
    const spread = await new Promise((resolve) => users().nodeify((...args: Any[]) => resolve(args), { spread: true }))
    expect(spread).toEqual([null, 1, 2, 3])
  })

  it('is there on connections and cursors as well', async () => {
    const made = await r.connect({}).tap((own: Any) => expect(own.isOpen()).toBe(true))
    const cursor = await r.expr([1]).run(made)
    for (const promise of [
      r.expr(1).run(made),
      cursor.next(),
      cursor.toArray(),
      cursor.close(),
      r
        .expr([])
        .run(made)
        .then((rows: Any) => rows.eachAsync(() => {})),
      made.server(),
      made.noreplyWait(),
      made.reconnect(),
      made.close(),
    ]) {
      expect(typeof promise.error).toBe('function')
      expect(promise).toBeInstanceOf(Promise)
      await promise
    }
  })

  it('is held up by its time-out, and says so', async () => {
    const feed = await r.table('users').changes().run(connection)
    await expect(feed.next().timeout(10, 'no change')).rejects.toThrow('no change')
    expect(await users().timeout(10_000).get(0)).toBe(1)
    await feed.close()
  })
})

describe('a rejection that nobody takes', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

  // A program that makes its tables at every start, and looks at no answer, died of the first one that was there.
  it('is printed, as the driver does it, and ends no process', async () => {
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      r.tableCreate('users').run(connection)
      r.table('nope')
        .run(connection)
        .then((cursor: Any) => cursor.toArray())
      r.expr(1).run(null)
      await turn()
      const lines = printed.mock.calls.map(([text]) => String(text).split(' in:')[0])
      expect(lines.sort()).toEqual([
        expect.stringContaining('Unhandled rejection ReqlDriverError: First argument to `run` must be'),
        'Unhandled rejection ReqlOpFailedError: Table `test.nope` does not exist',
        'Unhandled rejection ReqlOpFailedError: Table `test.users` already exists',
      ])
      // Who listens is told instead.
      printed.mockClear()
      const heard: Any[] = []
      process.once('unhandledRejection', (reason) => heard.push(reason))
      r.table('nope').run(connection)
      await turn()
      expect(heard).toMatchObject([{ name: 'ReqlOpFailedError' }])
      expect(printed).not.toHaveBeenCalled()
      // And what is taken in any way is not told of.
      const refused = (): Any => r.table('nope').run(connection)
      const within = async (): Promise<unknown> => refused()
      await expect(within()).rejects.toThrow('nope')
      await expect(Promise.all([refused(), 1])).rejects.toThrow('nope')
      await expect(new Promise((resolve) => resolve(refused()))).rejects.toThrow('nope')
      await refused()
        .finally(() => {})
        .catch(() => {})
      await new Promise((resolve) => r.table('nope').run(connection, resolve))
      await turn()
      expect(printed).not.toHaveBeenCalled()
    } finally {
      printed.mockRestore()
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  })

  // A server that closes the feed of a client who left died of the read that was under way.
  it('does not come of closing a cursor: who waits for a row is forgotten', async () => {
    const settled: string[] = []
    const feed = await r.table('users').changes().run(connection)
    const note = (how: string): Any => [() => settled.push(how), () => settled.push(`no ${how}`)]
    feed.eachAsync(() => {}).then(...note('each'))
    feed.next().then(...note('next'))
    await feed.close()
    await turn()
    expect(settled).toEqual([])
    await expect(feed.next()).rejects.toThrow('Cursor is closed.')
    // Our own loop ends.
    const other = await r.table('users').changes().run(connection)
    setTimeout(() => other.close(), 5)
    for await (const _change of other) settled.push('change')
    expect(settled).toEqual([])
  })
})

// The same chain behind the driver's own promise and behind ours answers the same.
const CHAINS: Record<string, (promise: Any) => Any> = {
  spread: (promise) => promise.spread((a: number, b: number) => a + b),
  'map with places': (promise) => promise.map((value: number, at: number, count: number) => [value, at, count]),
  'map one at a time': (promise) => promise.map(async (value: number) => value * 2, { concurrency: 1 }),
  filter: (promise) => promise.filter((value: number) => value > 1),
  each: (promise) => promise.each(() => 'not kept'),
  'reduce from a value': (promise) => promise.reduce((sum: Any, ...rest: number[]) => sum.concat([rest]), []),
  'reduce from the first': (promise) => promise.reduce((...args: Any[]) => args.join(':')),
  tap: (promise) => promise.tap(() => 'not kept'),
  get: (promise) => promise.get('length'),
  call: (promise) => promise.call('slice', 1, 2),
  return: (promise) => promise.thenReturn('else'),
  throw: (promise) => promise.throw(new RangeError('so')).catch(RangeError, (error: Error) => error.message),
  delay: (promise) => promise.delay(1),
  all: (promise) => promise.then((ids: number[]) => ids.map((id) => Promise.resolve(id))).all(),
  props: (promise) => promise.then((ids: number[]) => ({ a: ids, b: Promise.resolve(2) })).props(),
  bind: (promise) =>
    promise
      .bind({ own: 5 })
      .then(function (this: Any, ids: number[]) {
        return [this.own, ...ids]
      })
      .catch(TypeError, () => 'none')
      .then(function (this: Any, ids: number[]) {
        return [this.own, ...ids]
      }),
}
it.each(Object.entries(CHAINS))('%s as Bluebird does it', async (_name, chain) => {
  expect(await chain(users())).toEqual(await chain(Bluebird.resolve([1, 2, 3])))
})

// A class that lists the tables, `bind(this)`, ahead of two inserts looked at the list of before: handlers behind `bind` were called a
// turn later than those of queries that were sent after it.
it.each(['then', 'nodeify'])(
  'calls %s behind bind in the turn in which it is called without, as Bluebird does',
  async (way) => {
    const told = async (make: (value: number) => Any) => {
      const order: string[] = []
      const [first, second] = [make(1), make(2)]
      const said =
        way === 'then' ? (x: number) => order.push(`bound ${x}`) : (_error: Any, x: number) => order.push(`bound ${x}`)
      first.bind({}).bind({})[way](said)
      second.nodeify((_error: Any, value: number) => order.push(`called ${value}`))
      await second.then(() => second.delay(1))
      return order
    }
    const order = await told((value) => r.expr(value).run(connection))
    expect(order).toEqual(['bound 1', 'called 2'])
    expect(order).toEqual(await told((value) => Bluebird.resolve(value)))
  },
)

it('prints no rejection that is taken behind bind', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const refused = (): Any => r.table('nope').run(connection).bind({})
  expect(await refused().catch(() => 'taken')).toBe('taken')
  await new Promise((resolve) => refused().nodeify(resolve))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(printed).not.toHaveBeenCalled()
  printed.mockRestore()
})
