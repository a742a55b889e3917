// Promise: `insert` and `upsert` count what they did, report one bad document without stopping the others, take duplicates inside
// one batch in order, and always have every counter and nothing superfluous.

import { describe, expect, it } from 'vitest'
import { TypeMismatchError, UnknownOptionError, UsageError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

describeEach('insert', ({ openNew, collection: options }) => {
  const make = async () => (await openNew()).createCollection('posts', options)

  it('answers every counter, in order, and nothing that has nothing to say', async () => {
    const posts = await make()
    const names = ['inserted', 'replaced', 'unchanged', 'deleted', 'skipped', 'errors']
    expect(Object.keys(await posts.insert({ id: 1 }))).toEqual(names)
    expect(Object.keys(await posts.insert([]))).toEqual(names)
    expect(Object.keys(await posts.upsert({ id: 1, a: 1 }))).toEqual(names)
    expect(Object.keys(await posts.update(1, { a: 2 }))).toEqual(names)
    expect(Object.keys(await posts.replace(1, { id: 1 }))).toEqual(names)
    expect(Object.keys(await posts.delete(1))).toEqual(names)
  })

  it('takes a document or an array of them', async () => {
    const posts = await make()
    expect(await posts.insert({ id: 1 })).toEqual(counters({ inserted: 1 }))
    expect(await posts.insert([{ id: 2 }, { id: 3 }])).toEqual(counters({ inserted: 2 }))
    expect(await posts.insert([])).toEqual(counters({}))
    expect(await posts.count()).toBe(3)
  })

  it('names the collection and the key that is taken', async () => {
    const posts = await make()
    await posts.insert({ id: 'x', n: 1 })
    expect(await posts.insert({ id: 'x', n: 2 })).toEqual({
      ...counters({ errors: 1 }),
      firstError: 'collection "posts" already has a document with id "x"',
    })
    expect(await posts.get('x')).toEqual({ id: 'x', n: 1 })
  })

  it('writes the rest when one document is bad, and tells the first error with its position', async () => {
    const posts = await make()
    await posts.insert({ id: 'taken' })
    const result = await posts.insert([
      { id: 1 },
      { id: 'taken' },
      { id: 2, deep: { list: [1, { x: NaN }] } },
      { id: 3 },
      { id: 1 },
    ])
    expect(result).toEqual({
      ...counters({ inserted: 2, errors: 3 }),
      firstError: 'collection "posts" already has a document with id "taken" (position 1 of the batch)',
    })
    const other = await posts.insert([{ id: 4 }, { id: 5, deep: { list: [1, { x: NaN }] } }, { id: 1 }])
    expect(other).toMatchObject(counters({ inserted: 1, errors: 2 }))
    expect(other.firstError).toContain('collection "posts": field "deep.list[1].x" is NaN')
    expect(other.firstError).toContain('position 1')
    expect(await posts.count()).toBe(4)
  })

  it.each<[string, unknown, string]>([
    ['a function', () => 1, 'function'],
    ['a symbol', Symbol('x'), 'symbol'],
    ['NaN', NaN, 'NaN'],
    ['Infinity', Infinity, 'Infinity'],
    ['a bigint beyond int64', 2n ** 64n, '64 bits'],
    ['a Map', new Map(), 'Map'],
    ['an invalid date', new Date(NaN), 'Date'],
    ['a promise', Promise.resolve(1), 'Promise'],
  ])('refuses %s, naming the field', async (_, value, word) => {
    const posts = await make()
    const result = await posts.insert({ id: 1, author: { name: value } })
    expect(result).toMatchObject({ inserted: 0, errors: 1 })
    expect(result.firstError).toContain('author.name')
    expect(result.firstError).toContain(word)
  })

  it('refuses cycles, naming the field', async () => {
    const posts = await make()
    const document: Record<string, unknown> = { id: 1, a: {} }
    ;(document.a as Record<string, unknown>).self = document
    const result = await posts.insert(document)
    expect(result).toMatchObject({ errors: 1, firstError: expect.stringContaining('a.self') })
  })

  it.each([[5], ['x'], [null], [undefined], [[{ id: 1 }]], [new Date()], [new Map()]])(
    'counts %j inside an array as the error of that document',
    async (bad) => {
      const posts = await make()
      const result = await posts.insert([{ id: 'a' }, bad as object, { id: 'b' }])
      expect(result).toMatchObject({ inserted: 2, errors: 1 })
      expect(result.firstError).toContain('position 1')
    },
  )

  it.each([[5], ['x'], [null], [undefined], [() => 1], [new Uint8Array(2)]])(
    'rejects %s as a whole',
    async (source) => {
      const posts = await make()
      await expect(posts.insert(source as unknown as object)).rejects.toThrow(TypeMismatchError)
      await expect(posts.upsert(source as unknown as object)).rejects.toThrow('upsert takes a document')
    },
  )

  it('counts what a getter of the document throws as the error of that document', async () => {
    const posts = await make()
    const bad = {
      id: 1,
      get boom(): number {
        throw new Error('kaputt')
      },
    }
    expect(await posts.insert([bad, { id: 2 }])).toMatchObject({
      inserted: 1,
      errors: 1,
      firstError: expect.stringContaining('kaputt'),
    })
    expect(await posts.insert({ id: 3 })).toMatchObject({ inserted: 1 })
  })

  it('takes duplicates inside one batch in order', async () => {
    const posts = await make()
    expect(
      await posts.insert([
        { id: 1, n: 1 },
        { id: 1, n: 2 },
      ]),
    ).toMatchObject({ inserted: 1, errors: 1 })
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(
      await posts.upsert([
        { id: 2, n: 1 },
        { id: 2, n: 2 },
        { id: 2, n: 2 },
      ]),
    ).toEqual(counters({ inserted: 1, replaced: 1, unchanged: 1 }))
    expect(await posts.get(2)).toEqual({ id: 2, n: 2 })
  })

  it('inserts a document again after it was deleted', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 })
    await posts.delete(1)
    expect(await posts.insert({ id: 1, n: 2 })).toEqual(counters({ inserted: 1 }))
  })

  it('upserts: inserts, replaces as a whole, and tells what is unchanged, whatever the order of the fields', async () => {
    const posts = await make()
    await posts.insert({ id: 1, a: 1, b: { c: 1, d: 2 } })
    const result = await posts.upsert([
      { id: 1, a: 2 },
      { id: 2, x: 1 },
    ])
    expect(result).toEqual(counters({ inserted: 1, replaced: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, a: 2 })
    await posts.upsert({ id: 1, a: 1, b: { c: 1, d: 2 } })
    expect(await posts.upsert({ b: { d: 2, c: 1 }, a: 1, id: 1 })).toEqual(counters({ unchanged: 1 }))
    expect(await posts.insert({ id: 1, b: { d: 2, c: 1 }, a: 1, z: undefined }, { conflict: 'replace' })).toEqual(
      counters({ unchanged: 1 }),
    )
  })

  it('tells 5 from 5n in a field, where it is a change', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 5 })
    expect(await posts.upsert({ id: 1, n: 5n })).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 5n })
  })

  it('writes a large array as one batch', async () => {
    const posts = await make()
    const documents = Array.from({ length: 20_000 }, (_, id) => ({ id, text: `document ${id}` }))
    expect(await posts.insert(documents)).toEqual(counters({ inserted: 20_000 }))
    expect(await posts.upsert(documents)).toEqual(counters({ unchanged: 20_000 }))
    expect(await posts.get(19_999)).toEqual(documents[19_999])
  })
})

describe('what is stored', () => {
  it('is what the document was when the call was made', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const bytes = new Uint8Array([1, 2])
    const document = { id: 1, tags: ['a'], bytes, at: new Date(0) }
    const list = [document]
    const writing = posts.insert(list)
    document.tags.push('b')
    bytes[0] = 9
    document.at.setTime(1)
    list.push({ ...document, id: 2 })
    expect(await writing).toMatchObject({ inserted: 1 })
    expect(await posts.get(1)).toEqual({ id: 1, tags: ['a'], bytes: new Uint8Array([1, 2]), at: new Date(0) })
  })

  it('is not touched by changing what get returned', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.insert({ id: 1, tags: ['a'], bytes: new Uint8Array([1]), at: new Date(0) })
    for (let round = 0; round < 100; round++) {
      const found = (await posts.get(1)) as { tags: string[]; bytes: Uint8Array; at: Date }
      expect(found).toEqual({ id: 1, tags: ['a'], bytes: new Uint8Array([1]), at: new Date(0) })
      found.tags.push('b')
      found.bytes[0] = 5
      found.at.setTime(7)
    }
  })

  it('holds fields called __proto__ and constructor as data, and touches no prototype', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const text = '{"id":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}'
    await posts.insert(JSON.parse(text))
    const found = (await posts.get(1)) as object
    expect(JSON.stringify(found)).toBe(text)
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
    await posts.update(1, JSON.parse('{"__proto__":{"more":1},"constructor":{"prototype":{"x":2}},"hasOwnProperty":3}'))
    expect(JSON.parse(JSON.stringify(await posts.get(1)))).toEqual(
      JSON.parse(
        '{"id":1,"__proto__":{"polluted":true,"more":1},"constructor":{"prototype":{"polluted":true,"x":2}},"toString":1,"hasOwnProperty":3}',
      ),
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(({} as { more?: boolean }).more).toBeUndefined()
  })

  it('is every type as it came', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const document = {
      id: 1,
      values: [
        null,
        true,
        false,
        0,
        -1,
        1.5,
        1e300,
        2 ** 53,
        5n,
        -(2n ** 63n),
        '',
        'ü🦊',
        [],
        {},
        [[1]],
        { a: { b: [] } },
      ],
      '': 'empty name',
      date: new Date(1234),
      bytes: new Uint8Array([0, 255]),
      f32: new Float32Array([1.5, -2]),
      f64: new Float64Array([Math.PI]),
      i8: new Int8Array([-1]),
      u16: new Uint16Array([65535]),
      u64: new BigUint64Array([2n ** 64n - 1n]),
    }
    await posts.insert(document)
    expect(await posts.get(1)).toEqual(document)
    await posts.insert({ id: 2, zero: -0, left: undefined })
    const found = (await posts.get(2)) as { zero: number }
    expect(Object.is(found.zero, 0)).toBe(true)
    expect('left' in found).toBe(false)
  })
})

describe('generated keys', () => {
  it('are listed up to 100,000; past that a warning tells how many there were', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const exactly = await posts.insert(Array.from({ length: 100_000 }, () => ({})))
    expect(exactly.generatedKeys?.length).toBe(100_000)
    expect(exactly.warnings).toBeUndefined()
    const more = await posts.insert(Array.from({ length: 100_001 }, () => ({})))
    expect(more.inserted).toBe(100_001)
    expect(more.generatedKeys?.length).toBe(100_000)
    expect(more.warnings).toEqual(['Too many generated keys (100001), array truncated to 100000.'])
  })

  it('are counted over all batches of a stream', async () => {
    const posts = await (await openMemory()).createCollection('posts', { shards: 2 })
    function* source() {
      for (let n = 0; n < 100_500; n++) yield { n }
    }
    const result = await posts.insert(source())
    expect(result.inserted).toBe(100_500)
    expect(result.generatedKeys?.length).toBe(100_000)
    expect(result.warnings).toEqual(['Too many generated keys (100500), array truncated to 100000.'])
    expect(await posts.get(result.generatedKeys![99_999]!)).toMatchObject({ n: 99_999 })
  })
})

describe('options of writes', () => {
  it.each([
    ['insert', { conflct: 'replace' }, 'did you mean "conflict"'],
    ['upsert', { conflict: 'error' }, 'unknown option "conflict"'],
    ['update', { returnChange: true }, 'did you mean "returnChanges"'],
    ['replace', { Durability: 'soft' }, 'did you mean "durability"'],
    ['delete', { limit: 1 }, 'unknown option "limit"'],
  ] as const)('%s refuses %j', async (method, options, text) => {
    const posts = await (await openMemory()).createCollection('posts')
    const call =
      method === 'insert' || method === 'upsert'
        ? posts[method]({ id: 1 }, options as object)
        : method === 'delete'
          ? posts.delete(1, options as object)
          : posts[method](1, {}, options as object)
    await expect(call).rejects.toThrow(UnknownOptionError)
    await expect(call).rejects.toThrow(text)
    expect(await posts.count()).toBe(0)
  })

  it.each([
    [{ conflict: 'ignore' }],
    [{ conflict: null }],
    [{ durability: 'medium' }],
    [{ returnChanges: 'some' }],
    [{ atomic: 1 }],
    [{ timeout: 0 }],
    [{ timeout: -5 }],
    [{ timeout: NaN }],
    [{ timeout: Infinity }],
    [{ timeout: '5' }],
    [{ signal: {} }],
    [null],
    [[]],
  ])('insert refuses %j', async (options) => {
    const posts = await (await openMemory()).createCollection('posts')
    await expect(posts.insert({ id: 1 }, options as object)).rejects.toThrow(UsageError)
    expect(await posts.count()).toBe(0)
  })
})
