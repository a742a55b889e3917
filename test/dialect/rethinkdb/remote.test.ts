// Promise: with a host, the very same chain goes to a real server through the official driver. Checked against a small server that speaks
// the protocol: it notes what it was sent, and answers what it was told to.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { type Any, r } from './cases.ts'

const SUCCESS_ATOM = 1
const SUCCESS_SEQUENCE = 2
const SUCCESS_PARTIAL = 3
const WAIT_COMPLETE = 4
const SERVER_INFO = 5
const RUNTIME_ERROR = 18
const NON_EXISTENCE = 3_100_000
const OP_FAILED = 4_100_000
const SEQUENCE_FEED = 1

/** A server of one kind of answers; what it got is in `queries`. */
class Server {
  readonly queries: Any[] = []
  readonly #server = createServer((socket) => this.#greet(socket))
  readonly #sockets = new Set<Socket>()
  answer: (query: Any) => object = () => ({ t: SUCCESS_ATOM, r: [null], n: [] })

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port))
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  /** SCRAM-SHA-256 for the user admin without a password. */
  #greet(socket: Socket): void {
    this.#sockets.add(socket)
    let buffer = Buffer.alloc(0)
    let step = 0
    let first = ''
    let nonce = ''
    const salt = Buffer.from('salt')
    const say = (message: object) =>
      socket.write(Buffer.concat([Buffer.from(JSON.stringify(message)), Buffer.from([0])]))
    socket.on('error', () => {})
    socket.on('data', (data) => {
      buffer = Buffer.concat([buffer, data])
      if (step === 0 && buffer.length >= 4) {
        buffer = buffer.subarray(4)
        step = 1
        say({ success: true, min_protocol_version: 0, max_protocol_version: 0, server_version: 'test' })
      }
      for (let end = buffer.indexOf(0); step < 3 && step > 0 && end >= 0; end = buffer.indexOf(0)) {
        const message = JSON.parse(buffer.subarray(0, end).toString())
        buffer = buffer.subarray(end + 1)
        if (step === 1) {
          first = message.authentication.slice(3)
          nonce = `${/r=(.*)/.exec(first)?.[1]}server`
          say({ success: true, authentication: `r=${nonce},s=${salt.toString('base64')},i=1` })
          step = 2
        } else {
          const salted = pbkdf2Sync('', salt, 1, 32, 'sha256')
          const key = createHmac('sha256', salted).update('Server Key').digest()
          const text = `${first},r=${nonce},s=${salt.toString('base64')},i=1,c=biws,r=${nonce}`
          say({ success: true, authentication: `v=${createHmac('sha256', key).update(text).digest('base64')}` })
          step = 3
        }
      }
      while (step === 3 && buffer.length >= 12) {
        const length = buffer.readUInt32LE(8)
        if (buffer.length < 12 + length) break
        const token = buffer.subarray(0, 8)
        const query = JSON.parse(buffer.subarray(12, 12 + length).toString())
        buffer = buffer.subarray(12 + length)
        this.queries.push(query)
        const reply = Buffer.from(JSON.stringify(this.#reply(query)))
        const size = Buffer.alloc(4)
        size.writeUInt32LE(reply.length)
        socket.write(Buffer.concat([token, size, reply]))
      }
    })
  }

  #reply(query: Any): object {
    const [type] = query
    if (type === 4) return { t: WAIT_COMPLETE, r: [] }
    if (type === 5) return { t: SERVER_INFO, r: [{ id: createHash('md5').digest('hex'), name: 'a', proxy: false }] }
    return this.answer(query)
  }
}

let server: Server | undefined
let connection: Any
afterEach(async () => {
  await connection?.close({ noreplyWait: false })
  server?.close()
})

it('sends the same terms, and hands over what comes', async () => {
  server = new Server()
  connection = await r.connect({ host: '127.0.0.1', port: await server.listen(), db: 'mine' })
  expect(await connection.server()).toMatchObject({ name: 'a' })

  server.answer = () => ({
    t: SUCCESS_ATOM,
    r: [{ id: 1, at: { $reql_type$: 'TIME', epoch_time: 1, timezone: '+00:00' } }],
    n: [],
  })
  const term = r.table('t').insert({ id: 1, at: new Date(0) }, { returnChanges: true })
  expect(await term.run(connection, { durability: 'soft' })).toEqual({ id: 1, at: new Date(1000) })
  expect(server.queries.at(-1)).toEqual([
    1,
    [56, [[15, ['t']], { id: 1, at: [99, ['1970-01-01T00:00:00.000Z']] }], { return_changes: true }],
    { durability: 'soft', db: [14, ['mine']] },
  ])

  server.answer = () => ({ t: SUCCESS_SEQUENCE, r: [{ a: 1 }, { a: 2 }], n: [] })
  const cursor = await r
    .table('t')
    .filter((row: Any) => row('a').gt(0))
    .run(connection)
  expect(await cursor.toArray()).toEqual([{ a: 1 }, { a: 2 }])

  server.answer = () => ({ t: RUNTIME_ERROR, e: NON_EXISTENCE, r: ['No attribute `x`.'], b: [] })
  const caught = await r
    .expr({})('x')
    .run(connection)
    .catch((error: Any) => error)
  expect(caught).toBeInstanceOf(r.Error.ReqlNonExistenceError)
  expect(caught.msg).toBe('No attribute `x`.')
  expect(caught.message).toBe('No attribute `x` in:\n{}("x")\n^^^^^^^')

  connection.use('other')
  server.answer = () => ({ t: SUCCESS_ATOM, r: [5], n: [] })
  expect(await new Promise((resolve) => r.expr(5).run(connection, (_: Any, value: Any) => resolve(value)))).toBe(5)
  expect(server.queries.at(-1)).toEqual([1, 5, { db: [14, ['other']] }])
  await connection.noreplyWait()
})

it('ends a cursor and a feed with errors of our classes', async () => {
  // They were the driver's: `catch (e) { if (e instanceof r.Error.ReqlRuntimeError) ... }` passed them by, and so did `.catch(Class, handler)`.
  server = new Server()
  connection = await r.connect({ host: '127.0.0.1', port: await server.listen() })
  const aborted = { t: RUNTIME_ERROR, e: OP_FAILED, r: ['Changefeed aborted (table unavailable).'], b: [] }
  server.answer = ([type]) => (type === 1 ? { t: SUCCESS_PARTIAL, r: [], n: [SEQUENCE_FEED] } : aborted)
  const changes = r.table('t').changes()
  const feed = await changes.run(connection)
  const ended = await feed.next().catch((error: Any) => error)
  expect(ended.msg).toBe('Changefeed aborted (table unavailable).')
  for (const name of ['ReqlError', 'ReqlRuntimeError', 'ReqlAvailabilityError', 'ReqlOpFailedError']) {
    expect(ended instanceof r.Error[name], name).toBe(true)
  }
  class Mine extends r.Error.ReqlRuntimeError {}
  for (const Other of [r.Error.ReqlDriverError, r.Error.ReqlNonExistenceError, r.Error.ReqlPermissionError, Mine]) {
    expect(ended instanceof Other, Other.name).toBe(false)
  }
  expect(new (Mine as Any)('mine') instanceof Mine).toBe(true)
  const other = await changes.run(connection)
  const caught = await other.next().catch(r.Error.ReqlOpFailedError, (error: Any) => `caught: ${error.msg}`)
  expect(caught).toBe('caught: Changefeed aborted (table unavailable).')
})

// `open` became false without a word: a program that connects again on 'close' never did.
it('says that it is closed when the server goes, and once when it is closed itself', async () => {
  const told: string[] = []
  server = new Server()
  const port = await server.listen()
  connection = await r.connect({ host: '127.0.0.1', port })
  connection.on('close', () => told.push('closed'))
  await connection.close()
  expect(told).toEqual(['closed'])
  await connection.reconnect()
  const gone = new Promise((resolve) => connection.once('close', resolve))
  server.close()
  await gone
  expect([connection.open, connection.isOpen(), told]).toEqual([false, false, ['closed', 'closed']])
})
