// Promise: what cannot be stored is refused with the field's name, and a refusal touches nothing else: the batch goes on, the documents
// beside it are stored right. Silence, a hang or a torn neighbour would lose data without anybody knowing.

import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QuiverError } from '../../src/error/index.ts'
import { expectStored } from './exact.ts'
import { get, inMemory, Outcome, type Partition, PutMode, remove } from './partitions.ts'

let partition: Partition

beforeEach(async () => {
  partition = await inMemory()
})

const BESIDE = { a: 'text', n: 1.5, d: new Date(1), b: Uint8Array.of(1, 2, 3), long: 'y'.repeat(300), o: { p: ['q'] } }

/** Puts a document between two good ones, alone in its stage and not, and answers why it was refused. */
function refusalOf(document: unknown): QuiverError {
  const errors: unknown[] = []
  for (const isAlone of [true, false]) {
    const batch = partition.begin()
    const before = batch.put({ id: 'before', ...BESIDE }, PutMode.Upsert)
    if (isAlone) batch.settle()
    let number = -1
    try {
      number = batch.put(document as object, PutMode.Upsert)
    } catch (error) {
      errors.push(error)
    }
    if (number >= 0 && isAlone) batch.settle()
    const after = batch.put({ id: 'after', ...BESIDE }, PutMode.Upsert)
    batch.settle()
    if (number >= 0) {
      expect(batch.outcome(number)).toBe(Outcome.Failed)
      errors.push(batch.error(number))
    }
    expect([batch.outcome(before), batch.outcome(after)]).toEqual([Outcome.Inserted, Outcome.Inserted])
    batch.commit({ hard: false })
    expect(partition.count).toBe(2)
    for (const id of ['before', 'after']) expectStored({ id, ...BESIDE }, get(partition, id))
    remove(partition, ['before', 'after'])
  }
  expect(errors.length).toBe(2)
  for (const error of errors) expect(error).toBeInstanceOf(QuiverError)
  const [first, second] = errors as [QuiverError, QuiverError]
  expect(second.message).toBe(first.message)
  return first
}

const cycle: Record<string, unknown> = { id: 'x', v: { w: [] } }
;(cycle['v'] as { w: unknown[] }).w.push(cycle)

/** Each of these as a field called `bad`; the message names it and says what it is. */
const VALUES: readonly (readonly [string, unknown, RegExp])[] = [
  ['NaN', Number.NaN, /is NaN/],
  ['Infinity', Infinity, /is Infinity/],
  ['-Infinity', -Infinity, /is -Infinity/],
  ['a bigint above int64', 2n ** 63n, /64 bits/],
  ['a bigint below int64', -(2n ** 63n) - 1n, /64 bits/],
  ['a function', () => 1, /function/],
  ['a class', class {}, /function/],
  ['a symbol', Symbol('s'), /symbol/],
  ['an invalid Date', new Date(Number.NaN), /invalid Date/],
  ['a Map', new Map([[1, 2]]), /Map/],
  ['a Set', new Set([1]), /Set/],
  ['a WeakMap', new WeakMap(), /WeakMap/],
  ['a RegExp', /x/, /RegExp/],
  ['a Promise', Promise.resolve(1), /Promise/],
  ['an error', new Error('no'), /is an Error, which cannot be stored/],
  ['an invalid date of another realm', runInNewContext('new Date(NaN)'), /invalid Date/],
  ['what says it is a Date', { [Symbol.toStringTag]: 'Date', getTime: () => 5 }, /is a Date, which cannot be stored/],
  ['a thenable', { then: () => {} }, /cannot be stored/],
  ['an Error', new Error('x'), /Error/],
  ['a DataView', new DataView(new ArrayBuffer(8)), /DataView/],
  ['an ArrayBuffer', new ArrayBuffer(8), /ArrayBuffer/],
  ['a boxed string', new String('x'), /String/],
  ['a boxed number', new Number(1), /Number/],
  ['a generator', (function* () {})(), /Generator|cannot be stored/],
  ['a lone high surrogate', '\ud83d', /surrogate/],
  ['a lone low surrogate', '\ude00', /surrogate/],
  ['one inside a text', 'a\ud83db', /surrogate/],
  ['one at the end', 'ab\ud83d', /surrogate/],
  ['one at the start', '\ude00ab', /surrogate/],
  ['two in the wrong order', '\ude00\ud83d', /surrogate/],
  ['one in a long text', `${'x'.repeat(300)}\ud83d${'x'.repeat(300)}`, /surrogate/],
  ['one at the end of a long text', `${'x'.repeat(300)}\ud83d`, /surrogate/],
  ['one in a text of 70,000', `${'x'.repeat(70_000)}\ude00`, /surrogate/],
]

describe('refuses, naming the field,', () => {
  for (const [name, bad, what] of VALUES) {
    it(name, () => {
      const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i]))
      for (const [document, field] of [
        [{ id: 'x', bad }, 'bad'],
        [{ bad, id: 'x' }, 'bad'],
        [{ id: 'x', good: { bad, rest: 1 } }, 'good.bad'],
        [{ id: 'x', list: [1, bad, 'z'] }, 'list[1]'],
        [{ id: 'x', list: [{ o: [[bad]] }] }, 'list[0].o[0][0]'],
        [{ ...wide, id: 'x', bad }, 'bad'],
        [{ id: 'x', o: { ...wide, bad } }, 'o.bad'],
        [{ bad }, 'bad'],
      ] as const) {
        const error = refusalOf(document)
        expect(error.message).toContain(`"${field}"`)
        expect(error.message).toMatch(what)
        expect(error.code).toBe('QUIVER_TYPE')
        expect(error.details['field']).toBe(field.replace(/\[(\d+)\]/g, '.$1'))
      }
    })
  }

  it('undefined in arrays, and holes', () => {
    expect(refusalOf({ id: 'x', list: [1, undefined] }).message).toMatch(/"list\[1\]" is undefined/)
    const holes = [1]
    holes[3] = 2
    expect(refusalOf({ id: 'x', list: holes }).message).toMatch(/"list\[1\]" is undefined/)
  })

  it('names with lone surrogates, each time they come', () => {
    for (const name of ['\ud83d', 'a\ude00', '\ud83dx', `${'n'.repeat(300)}\ud83d`]) {
      for (let time = 0; time < 3; time++) {
        expect(refusalOf({ id: 'x', [name]: 1 }).message).toMatch(/name .* surrogate/)
        expect(refusalOf({ id: 'x', good: [{ [name]: 1 }] }).message).toMatch(/name .*good\[0\].* surrogate/)
        expect(refusalOf({ id: 'x', [name]: 1, after: 2 }).message).toMatch(/name .* surrogate/)
      }
      // Nothing between: the walk remembers the name it met last.
      const batch = partition.begin()
      for (let time = 0; time < 3; time++) {
        expect(() => batch.put({ id: 'x', [name]: 1 }, PutMode.Insert)).toThrow(/name .* surrogate/)
      }
      batch.abandon()
    }
  })

  it('a document that is none', () => {
    for (const none of [
      null,
      undefined,
      1,
      'text',
      true,
      [],
      [1],
      new Date(),
      Uint8Array.of(1),
      new Map(),
      () => 1,
      Promise.resolve({ id: 1 }),
      Symbol('s'),
      5n,
      /x/,
    ]) {
      expect(refusalOf(none).message).toMatch(/document must be a plain object/)
    }
  })
})

it('does not let surrogates of neighbouring strings meet', () => {
  // Put side by side they would be one character, and cut apart again they would tear both strings.
  const halves = [
    { id: 'x', a: 'a\ud83d', b: '\ude00b' },
    { id: 'x', l: ['\ud83d', '\ude00'] },
    { id: 'x', '\ud83d': '\ude00' },
    { id: 'x', a: '\ud83d', '\ude00': 1 },
  ]
  for (const document of halves) expect(refusalOf(document).message).toMatch(/surrogate/)
  const batch = partition.begin()
  const numbers: (number | undefined)[] = []
  for (const document of [
    { id: 'a', t: 'whole' },
    { id: 'b', t: 'x\ud83d' },
    { t: '\ude00x', id: 'c' },
    { id: 'd', t: '\ud83d\ude00' },
    { id: 'e', t: 'z\u00e9' },
  ]) {
    try {
      numbers.push(batch.put(document, PutMode.Insert))
    } catch (error) {
      expect(error).toMatchObject({ code: 'QUIVER_TYPE', message: expect.stringMatching(/"t".*surrogate/) })
      numbers.push(undefined)
    }
  }
  batch.settle()
  const outcomes = numbers.map((number) => (number === undefined ? Outcome.Failed : batch.outcome(number)))
  expect(outcomes).toEqual([Outcome.Inserted, Outcome.Failed, Outcome.Failed, Outcome.Inserted, Outcome.Inserted])
  batch.commit({ hard: false })
  expectStored({ id: 'd', t: '\ud83d\ude00' }, get(partition, 'd'))
  expectStored({ id: 'e', t: 'z\u00e9' }, get(partition, 'e'))
})

describe('answers at once to', () => {
  const within = (milliseconds: number, document: unknown): QuiverError => {
    // Time of this process alone: the machine may be busy. It is put twice.
    const began = process.cpuUsage()
    const error = refusalOf(document)
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 2_000).toBeLessThan(milliseconds)
    return error
  }

  it('a cycle', () => {
    expect(within(1_000, cycle).message).toMatch(/"v\.w\[0\]".*cycle/)
    const self: Record<string, unknown> = { id: 'x' }
    self['self'] = self
    expect(within(1_000, self).message).toMatch(/"self".*cycle/)
    const list: unknown[] = []
    list.push(1, list)
    expect(within(1_000, { id: 'x', list }).message).toMatch(/"list\[1\]".*cycle/)
  })

  it('a cycle with many ways round', () => {
    const many: Record<string, unknown> = { id: 'x' }
    for (let i = 0; i < 50; i++) many[`way${i}`] = [many, 'x'.repeat(200), 1.5, new Date(1), 'z'.repeat(400)]
    expect(within(3_000, many).message).toMatch(/cycle/)
    const texts: Record<string, unknown> = { id: 'x' }
    for (let i = 0; i < 10; i++) texts[`t${i}`] = 'x'.repeat(256)
    texts['a'] = texts
    texts['b'] = texts
    expect(within(3_000, texts).message).toMatch(/cycle/)
  })

  it('a tree whose branches are shared, and which would be endless written out', () => {
    let branch: unknown = 'leaf'
    for (let i = 0; i < 60; i++) branch = { left: branch, right: branch }
    expect(within(3_000, { id: 'x', branch }).code).toBe('QUIVER_LIMIT')
    let list: unknown = [1.5, 'text']
    for (let i = 0; i < 60; i++) list = [list, list, list]
    expect(within(3_000, { id: 'x', list }).code).toBe('QUIVER_LIMIT')
  })

  it('more than 200 levels', () => {
    const nest = (levels: number, make: (inner: unknown) => unknown) => {
      let value: unknown = 1
      for (let i = 0; i < levels; i++) value = make(value)
      return value
    }
    for (const make of [(inner: unknown) => ({ inner }), (inner: unknown) => [inner]]) {
      for (const levels of [201, 202, 1_000, 10_000, 200_000]) {
        const error = within(1_000, { id: 'x', deep: nest(levels, make) })
        expect(error).toMatchObject({
          code: 'QUIVER_LIMIT',
          message: expect.stringMatching(/"deep.*deeper than 200 levels/),
        })
      }
    }
  })

  it('what is much larger than a document may be', () => {
    expect(within(3_000, { id: 'x', list: Array(5_000_000).fill(1) }).code).toBe('QUIVER_LIMIT')
    expect(within(1_000, { id: 'x', text: 'x'.repeat(40_000_000) }).code).toBe('QUIVER_LIMIT')
    expect(within(1_000, { id: 'x', bytes: new Uint8Array(40_000_000) }).code).toBe('QUIVER_LIMIT')
    expect(within(3_000, { id: 'x', list: Array(100).fill('x'.repeat(200_000)) }).code).toBe('QUIVER_LIMIT')
  })
})

it('hands on what a getter throws, and stores what it returns', () => {
  const batch = partition.begin()
  const bad = {
    id: 'x',
    get broken(): number {
      throw new RangeError('mine')
    },
  }
  expect(() => batch.put(bad, PutMode.Insert)).toThrow('mine')
  batch.put(
    {
      id: 'y',
      get fine() {
        return 5
      },
    },
    PutMode.Insert,
  )
  batch.commit({ hard: false })
  expectStored({ id: 'y', fine: 5 }, get(partition, 'y'))
  expect(partition.count).toBe(1)
})

it('stores instances of classes by their own enumerable fields', () => {
  class Point {
    x = 1
    y = [2]
    readonly #secret = 3
    get sum() {
      return this.x + this.#secret
    }
  }
  class Point3 extends Point {
    z = { w: null }
  }
  const point = Object.assign(new Point3(), { id: 'p' })
  Object.defineProperty(point, 'hidden', { value: 1, enumerable: false })
  const batch = partition.begin()
  batch.put(point, PutMode.Insert)
  batch.put({ id: 'q', inner: new Point(), [Symbol('s')]: 1, list: [new Point()] }, PutMode.Insert)
  batch.commit({ hard: false })
  expectStored({ x: 1, y: [2], z: { w: null }, id: 'p' }, get(partition, 'p'))
  expectStored({ id: 'q', inner: { x: 1, y: [2] }, list: [{ x: 1, y: [2] }] }, get(partition, 'q'))
})

describe('when somebody has added to Object.prototype', () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  afterEach(() => {
    for (const name of ['added', 'counted', 'frozen', 'id']) delete prototype[name]
  })

  const put = (document: object): void => {
    const batch = partition.begin()
    batch.put(document, PutMode.Upsert)
    batch.commit({ hard: false })
  }

  it("stores only what is the document's own", () => {
    put({ id: 'warm', a: 1 })
    prototype['added'] = 'evil'
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i]))
    put({ id: 'x', a: 1, o: { b: [{}] } })
    put({ id: 'wide', ...wide })
    const read = ['x', 'wide'].map((id) => get(partition, id)!)
    delete prototype['added']
    expectStored({ id: 'x', a: 1, o: { b: [{}] } }, read[0])
    expectStored({ id: 'wide', ...wide }, read[1])
    expectStored({ id: 'x', a: 1, o: { b: [{}] } }, get(partition, 'x'))
  })

  it("does not take an inherited key for the document's", () => {
    prototype['id'] = 'inherited'
    put({ a: 1 })
    expect(partition.find('inherited')).toBe(0)
    expect(partition.count).toBe(1)
  })

  it("gives fields of the same names back as the document's own", () => {
    let calls = 0
    Object.defineProperty(prototype, 'counted', {
      set: () => {
        calls++
      },
      get: () => 'inherited',
      configurable: true,
    })
    Object.defineProperty(prototype, 'frozen', { value: 'inherited', writable: false, configurable: true })
    const fields = JSON.parse('{"counted":1,"frozen":2,"inner":{"counted":3,"frozen":4}}') as object
    const wide = JSON.parse(
      `{${Array.from({ length: 300 }, (_, i) => `"f${i}":${i}`)},"counted":1,"frozen":2}`,
    ) as object
    put(Object.defineProperty(fields, 'id', { value: 'x', enumerable: true }))
    put(Object.defineProperty(wide, 'id', { value: 'wide', enumerable: true }))
    for (let i = 0; i < 40; i++) {
      expectStored({ ...fields }, get(partition, 'x'))
      expectStored({ ...wide }, get(partition, 'wide'))
    }
    expect(calls).toBe(0)
  })
})
