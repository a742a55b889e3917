// Promise: the types say what API.md says. Checked by the compiler (`npm run typecheck`); running it only shows that it loads.

import { expect, expectTypeOf, it } from 'vitest'
import type {
  Change,
  Collection,
  Cursor,
  Document,
  Explanation,
  Key,
  SearchHit,
  Value,
  WriteResult,
} from '../../src/index.ts'
import { closeAfterEach, openMemory } from './configurations.ts'

closeAfterEach()

interface Post {
  id: number
  title: string
  author?: { name: string; age?: number }
  tags?: string[]
}

it('a collection without a type takes any object and returns Documents', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  expectTypeOf(posts).toEqualTypeOf<Collection<Document>>()
  const post: Post = { id: 1, title: 'x' }
  await posts.insert(post)
  await posts.insert([post, { anything: 1 }])
  await posts.update(1, { title: 'y' })
  await posts.update(1, post)
  expectTypeOf(await posts.get(1)).toEqualTypeOf<Document | undefined>()
  expectTypeOf(posts.find()).toEqualTypeOf<Cursor<Document>>()
})

it('a collection with a type holds to it', async () => {
  const posts = await (await openMemory()).createCollection<Post>('posts')
  await posts.insert({ id: 1, title: 'x' })
  await posts.insert([{ title: 'no id' }, { id: null, title: 'x' }])
  // @ts-expect-error: the title is missing
  await posts.insert({ id: 2 })
  // @ts-expect-error: the title is a number
  await posts.insert({ id: 3, title: 5 })
  await posts.update(1, { author: { age: 5 } })
  // @ts-expect-error: age is a number
  await posts.update(1, { author: { age: 'old' } })
  await posts.update([1, 2], (post) => (post.title === 'x' ? { title: 'y' } : null))
  await posts.replace(1, { title: 'z' })
  await posts.insert(
    { id: 1, title: 'x' },
    { conflict: (key, old, fresh) => (key === 1 ? { ...old, title: fresh.title } : null) },
  )
  // @ts-expect-error: no such option
  await expect(posts.insert({ id: 1, title: 'x' }, { confict: 'replace' })).rejects.toThrow()
  expectTypeOf(await posts.get(1)).toEqualTypeOf<Post | undefined>()
  expectTypeOf(await posts.getMany([1])).toEqualTypeOf<(Post | undefined)[]>()
  expectTypeOf(await posts.find().toArray()).toEqualTypeOf<Post[]>()
  expectTypeOf(await posts.find().first()).toEqualTypeOf<Post | undefined>()
  for await (const post of posts.find()) expectTypeOf(post).toEqualTypeOf<Post>()
  const result = await posts.upsert({ id: 1, title: 'x' }, { returnChanges: true })
  expectTypeOf(result).toEqualTypeOf<WriteResult<Post>>()
  expectTypeOf(result.inserted).toEqualTypeOf<number>()
  expectTypeOf(result.generatedKeys).toEqualTypeOf<Key[] | undefined>()
  expectTypeOf(result.changes).toEqualTypeOf<Change<Post>[] | undefined>()
})

// "Argument of type 'T' is not assignable to parameter of type 'Source<T>'": a class over collections of any type had to be cast everywhere.
it('a function that does not know the type of its collection writes what it has', async () => {
  async function keep<T extends { id: string; seen?: number }>(c: Collection<T>, document: T, patch: Partial<T>) {
    await c.insert(document, { conflict: (_key, old, fresh) => (old.seen === undefined ? fresh : old) })
    await c.upsert([document])
    await c.update(document.id, patch)
    await c.update(document.id, (old) => ({ ...old, seen: 1 }))
    await c.replace(document.id, (old) => ({ ...old, ...patch }))
    return await c.get(document.id)
  }
  interface User {
    id: string
    name: string
    seen?: number
  }
  const users = await (await openMemory()).createCollection<User>('users')
  const kept = await keep(users, { id: 'a', name: 'x' }, { name: 'y' })
  expectTypeOf(kept).toEqualTypeOf<User | undefined>()
  expect(kept).toEqual({ id: 'a', name: 'y', seen: 1 })
  // @ts-expect-error: no such field
  await users.update('a', { nam: 'z' })
  // @ts-expect-error: no such field
  await users.insert({ id: 'b', name: 'x', nope: 1 })
})

it('vectors go in as lists of numbers and come back as Float32Array', async () => {
  const notes = await (await openMemory()).createCollection<{ id: number; v?: Float32Array | null }>('notes', {
    vectors: { v: { dimension: 2, metric: 'l2' } },
  })
  await notes.insert([{ v: [1, 2] }, { id: 2, v: new Float64Array(2) }, { id: 3, v: null }, { id: 4 }])
  await notes.update(2, { v: [3, 4] })
  await notes.replace(3, { v: [5, 6] })
  // @ts-expect-error: no numbers
  await notes.insert({ v: ['1', '2'] })
  expectTypeOf((await notes.get(2))?.v).toEqualTypeOf<Float32Array | null | undefined>()
  expect((await notes.get(2))?.v).toEqual(Float32Array.of(3, 4))
  await notes.insert(notes, { conflict: 'replace' })
})

it('find takes filters, orders and fields, and refuses what is none', async () => {
  const posts = await (await openMemory()).createCollection<Post>('posts')
  const filter = {
    title: { $startsWith: 'x' },
    'author.age': { $gt: 5n },
    $or: [{ id: 1 }, { tags: { $contains: 'a' } }],
  }
  expectTypeOf(posts.find({ filter, sort: '-title', select: ['id'] })).toEqualTypeOf<Cursor<Post>>()
  posts.find({ sort: { title: 1, id: -1 } })
  posts.find({ sort: ['title', '-id'] })
  // @ts-expect-error: a direction is 1 or -1
  posts.find({ sort: { title: 2 } })
  // @ts-expect-error: misspelt
  posts.find({ filtr: {} })
  expectTypeOf(await posts.count(filter)).toEqualTypeOf<number>()
  expectTypeOf(await posts.distinct('title', filter)).toEqualTypeOf<Value[]>()
  expectTypeOf(await posts.find({ filter }).explain()).toEqualTypeOf<Explanation>()
})

// An interface was not assignable to what stands for any document, so that no function could take the results of several collections.
it('a result without a type takes what any collection gives', async () => {
  interface Note {
    id: string
    title: string
  }
  const notes: Collection<Note> = await (await openMemory()).createCollection<Note>('any')
  const inserted = (result: WriteResult): number => result.inserted + (result.changes?.length ?? 0)
  const changed = (change: Change): string => change.newValue?.title
  const counted = (cursor: Cursor): Promise<number> => cursor.count()
  const near = (hits: SearchHit[]): number => hits.length
  const result = await notes.insert({ id: 'a', title: 't' }, { returnChanges: true })
  expect([inserted(result), changed(result.changes![0]!)]).toEqual([2, 't'])
  expect(await counted(notes.find())).toBe(1)
  expectTypeOf(near).parameter(0).toExtend<SearchHit<Note>[]>()
  expectTypeOf<SearchHit<Note>[]>().toExtend<Parameters<typeof near>[0]>()
})
