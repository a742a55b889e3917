// Promise: `conflict` decides about a key that is taken: 'replace' replaces, 'update' merges deeply, a function gets copies and
// answers what is stored, `null` deletes, and whatever is wrong with the function is that document's error.

import { describe, expect, it } from 'vitest'
import { closeAfterEach, counters, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

interface Post {
  id: number
  n?: number
  author?: { name?: string; age?: number; links?: { web?: string; mail?: string } }
  tags?: string[]
  at?: Date
  bytes?: Uint8Array
}

describeEach('conflict', ({ openNew, collection: options }) => {
  const make = async () => (await openNew()).createCollection<Post>('posts', options)

  it("'update' merges objects field by field at every depth and replaces everything else", async () => {
    const posts = await make()
    await posts.insert({
      id: 1,
      n: 1,
      author: { name: 'Ann', age: 30, links: { web: 'w', mail: 'm' } },
      tags: ['a', 'b'],
      at: new Date(0),
      bytes: new Uint8Array([1, 2]),
    })
    const result = await posts.insert(
      { id: 1, author: { age: 31, links: { mail: 'n' } }, tags: ['c'], at: new Date(5), bytes: new Uint8Array([3]) },
      { conflict: 'update' },
    )
    expect(result).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(1)).toEqual({
      id: 1,
      n: 1,
      author: { name: 'Ann', age: 31, links: { web: 'w', mail: 'n' } },
      tags: ['c'],
      at: new Date(5),
      bytes: new Uint8Array([3]),
    })
  })

  it("'update' leaves fields that are undefined, stores null, and counts what changes nothing as unchanged", async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1, author: { name: 'Ann' } })
    expect(await posts.insert({ id: 1, n: undefined } as unknown as Post, { conflict: 'update' })).toEqual(
      counters({ unchanged: 1 }),
    )
    expect(await posts.insert({ id: 1, author: { name: 'Ann' } }, { conflict: 'update' })).toEqual(
      counters({ unchanged: 1 }),
    )
    expect(await posts.insert({ id: 1, author: null } as unknown as Post, { conflict: 'update' })).toEqual(
      counters({ replaced: 1 }),
    )
    expect(await posts.get(1)).toEqual({ id: 1, n: 1, author: null })
  })

  it("'update' replaces where only one of the two is an object", async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: { deep: 1 } as unknown as number, tags: ['a'] })
    await posts.insert({ id: 1, n: 2, tags: { x: 1 } as unknown as string[] }, { conflict: 'update' })
    expect(await posts.get(1)).toEqual({ id: 1, n: 2, tags: { x: 1 } })
    await posts.insert({ id: 1, n: { deep: { er: 1 } } as unknown as number }, { conflict: 'update' })
    expect(await posts.get(1)).toEqual({ id: 1, n: { deep: { er: 1 } }, tags: { x: 1 } })
  })

  it('takes documents in order: a later one sees what an earlier one of the same batch did', async () => {
    const posts = await make()
    const result = await posts.insert(
      [
        { id: 1, n: 1 },
        { id: 2, n: 1 },
        { id: 1, author: { name: 'Ann' } },
        { id: 1, author: { age: 5 } },
        { id: 2, n: 1 },
      ],
      { conflict: 'update' },
    )
    expect(result).toEqual(counters({ inserted: 2, replaced: 2, unchanged: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 1, author: { name: 'Ann', age: 5 } })
  })

  it('a function gets key, old and new, and its answer is stored', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 10 })
    const calls: unknown[] = []
    const result = await posts.insert(
      [
        { id: 1, n: 5 },
        { id: 2, n: 7 },
      ],
      {
        conflict: (...given) => {
          calls.push(given)
          return { id: 1, n: given[1].n! + given[2].n! }
        },
      },
    )
    expect(result).toEqual(counters({ inserted: 1, replaced: 1 }))
    expect(calls).toEqual([[1, { id: 1, n: 10 }, { id: 1, n: 5 }]])
    expect(await posts.get(1)).toEqual({ id: 1, n: 15 })
    expect(await posts.get(2)).toEqual({ id: 2, n: 7 })
  })

  it('a function that answers what is stored makes it unchanged; null deletes', async () => {
    const posts = await make()
    await posts.insert([
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ])
    const result = await posts.insert(
      [
        { id: 1, n: 5 },
        { id: 2, n: 5 },
      ],
      { conflict: (key, old) => (key === 1 ? old : null) },
    )
    expect(result).toEqual(counters({ unchanged: 1, deleted: 1 }))
    expect(await posts.find().toArray()).toEqual([{ id: 1, n: 1 }])
  })

  it('what a function deleted is inserted by the next document of the batch', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 })
    const result = await posts.insert(
      [
        { id: 1, n: 2 },
        { id: 1, n: 3 },
      ],
      { conflict: () => null },
    )
    expect(result).toEqual(counters({ deleted: 1, inserted: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 3 })
  })

  it('a function gets copies: changing them changes neither what is stored nor what the caller has', async () => {
    const posts = await make()
    await posts.insert({ id: 1, tags: ['a'], author: { name: 'Ann' } })
    const given: Post = { id: 1, tags: ['b'], author: { name: 'Bob' } }
    await posts.insert(given, {
      conflict: (_, old, fresh) => {
        old.tags!.push('x')
        old.author!.name = 'X'
        fresh.tags!.push('y')
        fresh.author!.name = 'Y'
        throw new Error('never mind')
      },
    })
    expect(await posts.get(1)).toEqual({ id: 1, tags: ['a'], author: { name: 'Ann' } })
    expect(given).toEqual({ id: 1, tags: ['b'], author: { name: 'Bob' } })
  })

  it('a function may change and answer its copy, and leave the key out', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 })
    await posts.insert({ id: 1, n: 2 }, { conflict: (_, old, fresh) => Object.assign(old, { n: [old.n, fresh.n] }) })
    expect(await posts.get(1)).toEqual({ id: 1, n: [1, 2] })
    await posts.insert({ id: 1, n: 2 }, { conflict: () => ({ n: 9 }) as Post })
    expect(await posts.get(1)).toEqual({ id: 1, n: 9 })
  })

  it.each<[string, unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('kaputt')
      },
      'the conflict function threw: kaputt',
    ],
    [
      'throws what is no Error',
      () => {
        throw 5
      },
      'threw: 5',
    ],
    ['is async', async () => ({ id: 1 }), 'async'],
    ['returns a promise', () => Promise.resolve({ id: 1 }), 'returned a promise'],
    ['returns a promise that breaks', () => Promise.reject(new Error('unseen')), 'returned a promise'],
    ['returns undefined', () => undefined, 'returned undefined'],
    ['returns a number', () => 5, 'returned a number'],
    ['returns an array', () => [], 'returned an array'],
    ['returns a Date', () => new Date(5), 'returned a Date;'],
    ['changes the key', () => ({ id: 3, n: 1 }), 'cannot change from 1 to 3'],
    ['sets the key to null', () => ({ id: null }), 'cannot change from 1 to null'],
    ['returns what cannot be stored', () => ({ id: 1, n: NaN }), 'field "n" is NaN'],
  ])('a function that %s is the error of its document', async (_, conflict, text) => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 })
    const result = await posts.insert(
      [
        { id: 1, n: 2 },
        { id: 2, n: 2 },
      ],
      { conflict: conflict as () => Post },
    )
    expect(result).toMatchObject(counters({ inserted: 1, errors: 1 }))
    expect(result.firstError).toContain(text)
    expect(result.firstError).toContain('collection "posts"')
    expect(result.firstError).toContain('position 0')
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(await posts.has(3)).toBe(false)
  })

  it('a function is not called where there is no conflict', async () => {
    const posts = await make()
    const result = await posts.insert([{ id: 1 }, {}] as Post[], {
      conflict: () => {
        throw new Error('called')
      },
    })
    expect(result).toMatchObject({ inserted: 2, errors: 0 })
    expect(result.generatedKeys?.length).toBe(1)
  })
})

describe('conflict update with vectors', () => {
  it('replaces vectors as a whole', async () => {
    const posts = await (await openMemory()).createCollection('notes', { vectors: { v: { dimension: 2 } } })
    await posts.insert({ id: 1, v: [1, 2], n: 1 })
    await posts.insert({ id: 1, v: [3, 4] }, { conflict: 'update' })
    expect(await posts.get(1)).toEqual({ id: 1, v: new Float32Array([3, 4]), n: 1 })
    expect(await posts.insert({ id: 1, v: [3, 4] }, { conflict: 'update' })).toEqual(counters({ unchanged: 1 }))
  })
})
