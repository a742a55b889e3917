// Promise: what a compiled reader makes are plain objects, whatever their fields are called and whatever Object.prototype was given, before
// the reader was compiled or after; and they begin young, however many of those before them stayed.

import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { afterEach, describe, expect, it } from 'vitest'
import { get, inMemory, type Partition, upsert } from './partitions.ts'

const NAMES = ['plain', 'foreign', 'fixed', 'toString', 'constructor', '__proto__', '7', '0', 'with space', "quo'te\\"]
const given: string[] = []

/** Until the test ends. */
function give(name: string, property: PropertyDescriptor): void {
  Object.defineProperty(Object.prototype, name, { configurable: true, ...property })
  given.push(name)
}

afterEach(() => {
  for (const name of given.splice(0)) Reflect.deleteProperty(Object.prototype, name)
})

function withFields(names: readonly string[], value: (at: number) => unknown): object {
  const document = {}
  names.forEach((name, at) => {
    Object.defineProperty(document, name, { value: value(at), writable: true, enumerable: true, configurable: true })
  })
  return document
}

function readOften(partition: Partition, key: string, times = 40): void {
  for (let i = 0; i < times; i++) get(partition, key)
}

function expectPlain(is: object, names: readonly string[]): void {
  expect(Object.getPrototypeOf(is)).toBe(Object.prototype)
  expect(Reflect.ownKeys(is).sort()).toEqual([...names].sort())
  for (const property of Object.values(Object.getOwnPropertyDescriptors(is))) {
    expect([property.writable, property.enumerable, property.configurable]).toEqual([true, true, true])
  }
}

describe('what a compiled reader makes', () => {
  it('is a plain object to whoever looks', async () => {
    const partition = await inMemory()
    const written = { id: 'k', title: 'a', inner: { n: 1.5, list: ['x', 'y'], point: [1.5, 2.5] } }
    upsert(partition, [written])
    readOften(partition, 'k')
    const is = get(partition, 'k')!
    expectPlain(is, ['id', 'title', 'inner'])
    assert.deepStrictEqual(is, written)
    expect(is.constructor).toBe(Object)
    expect(structuredClone(is)).toEqual(written)
    expect(inspect(is)).toBe(inspect(written))
    expect(Object.keys(is)).toEqual(['id', 'title', 'inner'])
  })

  it('has all fields, whatever they are called', async () => {
    const partition = await inMemory()
    const names = ['id', ...NAMES]
    upsert(partition, [
      withFields(names, (at) => (at === 0 ? 'k' : at)),
      { id: 'l', inner: withFields(NAMES, (at) => at) },
    ])
    readOften(partition, 'k')
    readOften(partition, 'l')
    expectPlain(get(partition, 'k')!, names)
    expectPlain((get(partition, 'l') as { inner: object }).inner, NAMES)
  })

  for (const isCompiledBefore of [false, true]) {
    it(`has its own fields where Object.prototype has such, given ${isCompiledBefore ? 'after' : 'before'} it was compiled`, async () => {
      const partition = await inMemory()
      const names = ['id', isCompiledBefore ? 'late' : 'early', 'fixed', 'other']
      upsert(partition, [withFields(names, (at) => (at === 0 ? 'k' : at))])
      // Long enough for what is optimized to be wrong as well.
      if (isCompiledBefore) readOften(partition, 'k', 40_000)
      let calls = 0
      give(names[1]!, { get: () => 'theirs', set: () => calls++ })
      give('fixed', { value: 'theirs', writable: false })
      readOften(partition, 'k')
      const is = get(partition, 'k')!
      expectPlain(is, names)
      expect(Object.values(is)).toEqual(['k', 1, 2, 3])
      expect(calls).toBe(0)
    })
  }

  it('begins young, when what was made before it has stayed', async () => {
    setFlagsFromString('--allow-natives-syntax')
    const isYoung = new Function('o', 'return %InYoungGeneration(o)') as (made: unknown) => boolean
    const partition = await inMemory()
    upsert(partition, [{ id: 'k', n: 1, inner: { x: 1 }, list: ['a', 'b'] }])
    let youngCount = 0
    for (let round = 0; round < 8; round++) {
      const kept: object[] = []
      for (let i = 0; i < 50_000; i++) kept.push(get(partition, 'k')!)
      youngCount = 0
      // One or the other may be made just before the space for the young is emptied, which may happen at any moment.
      for (let i = 0; i < 20; i++) {
        const made = get(partition, 'k') as { inner: object; list: unknown[] }
        if ([made, made.inner, made.list].every(isYoung)) youngCount++
      }
      expect(kept).toHaveLength(50_000)
    }
    expect(youngCount).toBeGreaterThan(10)
  })
})
