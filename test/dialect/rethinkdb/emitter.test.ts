// Promise: connections are what Node's own tools for events take, and in pages have the same methods.

import { EventEmitter, getEventListeners, on, once } from 'node:events'
import { afterEach, expect, it, vi } from 'vitest'
import * as r from '../../../src/dialect/rethinkdb/index.ts'

afterEach(() => vi.unstubAllGlobals())

it('is an EventEmitter in Node: pools that ask for one took a connection for no connection', async () => {
  const connection = await r.connect()
  expect(connection).toBeInstanceOf(EventEmitter)
  const emitter: EventEmitter | NodeJS.EventEmitter = connection
  expect(emitter.setMaxListeners(30).getMaxListeners()).toBe(30)
  const closed = once(connection, 'close')
  const told: string[] = []
  connection.on('close', () => told.push('second'))
  connection.prependListener('close', () => told.push('first'))
  expect(getEventListeners(emitter, 'close')).toHaveLength(3)
  expect(connection.listenerCount('close')).toBe(3)
  const events = on(connection, 'connect')
  await connection.reconnect()
  expect((await events.next()).value).toEqual([])
  await events.return?.()
  expect(await closed).toEqual([])
  expect(told).toEqual(['first', 'second'])
  await connection.close()
})

it('does what that of Node does where there is none', async () => {
  const { process } = globalThis
  vi.stubGlobal('process', { ...process, getBuiltinModule: undefined })
  vi.resetModules()
  const page = await import('../../../src/dialect/rethinkdb/index.ts')
  vi.unstubAllGlobals()
  const connection = await page.connect()
  expect(connection).not.toBeInstanceOf(EventEmitter)
  expect(transcript(connection)).toEqual(transcript(new EventEmitter()))
  await connection.close()
})

type Emitter = Omit<EventEmitter, 'listeners' | 'rawListeners'> & { listeners(name: string | symbol): unknown[] }

function transcript(emitter: Emitter): unknown[] {
  const symbol = Symbol('own')
  const lines: unknown[] = []
  const listener =
    (name: string) =>
    (...args: unknown[]) =>
      lines.push([name, ...args])
  const a = listener('a')
  const b = listener('b')
  const c = listener('c')
  const d = listener('d')
  lines.push(emitter.emit('x', 1))
  emitter.on('x', a).once('x', b).on('x', c).addListener(symbol, d)
  lines.push(emitter.listenerCount('x'), emitter.listeners('x').length)
  lines.push(emitter.emit('x', 1, 2), emitter.emit('x'), emitter.emit(symbol, 'own'))
  // The listener that was added last goes first, and those that are being told stay the same.
  emitter.on('x', b).on('x', a).off('x', a)
  emitter.once('x', () => emitter.removeAllListeners('x').on('x', d))
  lines.push(emitter.emit('x', 3), emitter.emit('x', 4), emitter.listenerCount('x'))
  emitter.removeListener('y', a).removeAllListeners()
  lines.push(emitter.setMaxListeners(3) === emitter, emitter.emit(symbol))
  try {
    emitter.emit('error', new Error('nobody listens'))
  } catch (error) {
    lines.push(error)
  }
  emitter.on('error', a)
  lines.push(emitter.emit('error', 'told'))
  return lines.map((line) => (Array.isArray(line) ? line.map(String) : line))
}
