// Promise: `update` merges, `replace` replaces, `delete` deletes what a key, an array of keys or `{}` selects; missing keys are
// skipped; functions get copies and may answer null; the primary key cannot change.

import { expect, it } from 'vitest'
import { TypeMismatchError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach } from './configurations.ts'

closeAfterEach()

describeEach('update, replace and delete', ({ openNew, collection: options }) => {
  const make = async (count = 3) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Array.from({ length: count }, (_, id) => ({ id, n: id, author: { name: 'Ann', age: id } })))
    return posts
  }

  it('update merges deeply', async () => {
    const posts = await make()
    expect(await posts.update(1, { author: { age: 50 }, tags: ['x'] })).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 1, author: { name: 'Ann', age: 50 }, tags: ['x'] })
    expect(await posts.update(1, { author: { age: 50 }, n: undefined })).toEqual(counters({ unchanged: 1 }))
    expect(await posts.update(1, {})).toEqual(counters({ unchanged: 1 }))
  })

  it('replace replaces the whole document and keeps its key where it is left out', async () => {
    const posts = await make()
    expect(await posts.replace(1, { id: 1, only: true })).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, only: true })
    expect(await posts.replace(1, { other: true })).toEqual(counters({ replaced: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, other: true })
    expect(await posts.replace(1, { other: true, id: 1n })).toMatchObject({ replaced: 1 })
    expect(await posts.get(1)).toEqual({ id: 1n, other: true })
  })

  it('delete deletes', async () => {
    const posts = await make()
    expect(await posts.delete(1)).toEqual(counters({ deleted: 1 }))
    expect(await posts.has(1)).toBe(false)
    expect(await posts.count()).toBe(2)
  })

  it('a missing key is skipped', async () => {
    const posts = await make()
    expect(await posts.update('no', { n: 1 })).toEqual(counters({ skipped: 1 }))
    expect(await posts.replace('no', { n: 1 })).toEqual(counters({ skipped: 1 }))
    expect(await posts.delete('no')).toEqual(counters({ skipped: 1 }))
    expect(await posts.update([0, 'no', 1], { n: 9 })).toEqual(counters({ replaced: 2, skipped: 1 }))
    expect(await posts.delete([0, 'no', 1, 0])).toEqual(counters({ deleted: 2, skipped: 2 }))
    expect(await posts.count()).toBe(1)
  })

  it('an array of keys selects several, in order, one twice where it stands twice', async () => {
    const posts = await make()
    const seen: unknown[] = []
    const result = await posts.update([2, 0, 2], (document) => {
      seen.push(document.id)
      return { n: (document.n as number) + 10 }
    })
    expect(result).toEqual(counters({ replaced: 3 }))
    expect(seen).toEqual([2, 0, 2])
    expect((await posts.getMany([0, 1, 2])).map((document) => document!.n)).toEqual([10, 1, 22])
    expect(await posts.update([], { n: 1 })).toEqual(counters({}))
  })

  it('an array is always a list of keys: a key that is an array stands in one', async () => {
    const posts = await make(0)
    await posts.insert([{ id: ['a', 1] }, { id: 'a' }])
    expect(await posts.delete(['a', 1])).toEqual(counters({ deleted: 1, skipped: 1 }))
    expect(await posts.delete([['a', 1]])).toEqual(counters({ deleted: 1 }))
  })

  it('dates and bytes are keys, no filters', async () => {
    const posts = await make(0)
    await posts.insert([{ id: new Date(5) }, { id: new Uint8Array([1]) }])
    expect(await posts.update(new Date(5), { n: 1 })).toEqual(counters({ replaced: 1 }))
    expect(await posts.delete(new Uint8Array([1]))).toEqual(counters({ deleted: 1 }))
    expect(await posts.find().toArray()).toEqual([{ id: new Date(5), n: 1 }])
  })

  it('an empty filter selects all documents, each once', async () => {
    const posts = await make(1_000)
    expect(await posts.update({}, (document) => ({ n: (document.n as number) + 1 }))).toEqual(
      counters({ replaced: 1_000 }),
    )
    expect((await posts.get(999))!.n).toBe(1_000)
    expect(await posts.replace({}, (document) => ({ id: document.id, m: 1 }))).toEqual(counters({ replaced: 1_000 }))
    expect(await posts.update({}, { m: 1 })).toEqual(counters({ unchanged: 1_000 }))
    expect(await posts.update({}, (document) => ((document.id as number) % 2 ? null : {}))).toEqual(
      counters({ deleted: 500, unchanged: 500 }),
    )
    expect(await posts.delete({})).toEqual(counters({ deleted: 500 }))
    expect(await posts.count()).toBe(0)
    expect(await posts.delete({})).toEqual(counters({}))
  })

  it('a function gets a copy and may answer null', async () => {
    const posts = await make()
    const result = await posts.update([0, 1, 2], (document) => {
      ;(document.author as { name: string }).name = 'changed'
      return document.id === 1 ? null : { n: 9 }
    })
    expect(result).toEqual(counters({ replaced: 2, deleted: 1 }))
    expect(await posts.get(0)).toEqual({ id: 0, n: 9, author: { name: 'Ann', age: 0 } })
    expect(await posts.replace([0, 2], (document) => (document.id === 0 ? null : document))).toEqual(
      counters({ deleted: 1, unchanged: 1 }),
    )
  })

  it.each<[string, unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('kaputt')
      },
      'threw: kaputt',
    ],
    ['is async', async () => ({}), 'async'],
    ['returns a promise', () => Promise.resolve({}), 'promise'],
    ['returns undefined', () => undefined, 'undefined'],
    ['changes the key', () => ({ id: 7 }), 'cannot change from 1 to 7'],
  ])('a function that %s is the error of its document', async (_, decide, text) => {
    const posts = await make()
    for (const method of ['update', 'replace'] as const) {
      const result = await posts[method]([1, 'no'], decide as () => object)
      expect(result).toMatchObject(counters({ errors: 1, skipped: 1 }))
      expect(result.firstError).toContain(text)
    }
    expect(await posts.count()).toBe(3)
    expect(await posts.get(1)).toMatchObject({ n: 1 })
  })

  it('a patch or document with another key is the error of each document it does not fit', async () => {
    const posts = await make()
    expect(await posts.update([0, 1], { id: 1, n: 7 })).toMatchObject(counters({ replaced: 1, errors: 1 }))
    expect(await posts.replace([0, 1], { id: 1, n: 8 })).toMatchObject(counters({ replaced: 1, errors: 1 }))
    expect(await posts.update(0, { id: null })).toMatchObject({ errors: 1 })
    expect(await posts.get(0)).toMatchObject({ id: 0, n: 0 })
    expect(await posts.get(1)).toEqual({ id: 1, n: 8 })
  })

  it('what cannot be stored is the error of its document', async () => {
    const posts = await make()
    const result = await posts.update([0, 1], { author: { age: NaN } })
    expect(result).toMatchObject(counters({ errors: 2 }))
    expect(result.firstError).toContain('author.age')
    expect(await posts.get(0)).toMatchObject({ author: { age: 0 } })
  })

  it.each([[undefined], [null], [5], ['x'], [[]], [new Date()]])(
    'rejects %j in the place of a patch or document',
    async (value) => {
      const posts = await make()
      await expect(posts.update(1, value as unknown as object)).rejects.toThrow(TypeMismatchError)
      await expect(posts.replace(1, value as unknown as object)).rejects.toThrow(TypeMismatchError)
    },
  )

  it('a patch is what it was when the call was made', async () => {
    const posts = await make()
    const patch = { tags: ['a'] }
    const writing = posts.update([0, 1], patch)
    patch.tags.push('b')
    await writing
    expect(await posts.get(1)).toMatchObject({ tags: ['a'] })
  })
})
