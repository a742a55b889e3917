// Promise: results are typed by the documents of their table. Checked by the compiler; running it only shows that it is so.

import { expect, expectTypeOf, it } from 'vitest'
import r, { type ArrayResult, type Cursor, type Feed, type WriteResult } from '../../../src/dialect/rethinkdb/index.ts'

interface Post {
  id: number
  title: string
  likes: number
  tags: string[]
  author?: { name: string }
}

it('types terms by what they answer', async () => {
  const connection = await r.connect()
  await r.tableCreate('posts').run(connection)
  const posts = r.table<Post>('posts')
  const written = await posts
    .insert([{ id: 1, title: 'a', likes: 2, tags: ['x'] }], { returnChanges: true })
    .run(connection)
  expectTypeOf(written).toEqualTypeOf<WriteResult<Post>>()
  expectTypeOf(written.changes?.[0]?.new_val).toEqualTypeOf<Post | null | undefined>()
  await posts.insert({ title: 'made', likes: 1, tags: [] }).run(connection)
  // @ts-expect-error a title is a text
  posts.insert({ id: 1, title: 5, likes: 1, tags: [] })
  // @ts-expect-error an update keeps to the types of the fields
  posts.get(1).update({ likes: 'many' })
  await posts
    .get(1)
    .update({ likes: r.row('likes').add(1) })
    .run(connection)
  expectTypeOf(await posts.get(1).run(connection)).toEqualTypeOf<Post | null>()
  const title = await posts.get(1)('title').run(connection)
  expectTypeOf(title).toEqualTypeOf<string>()
  expect(title).toBe('a')
  const cursor = await posts.filter((post) => post('likes').gt(1)).run(connection)
  expectTypeOf(cursor).toEqualTypeOf<Cursor<Post>>()
  expectTypeOf(await cursor.toArray()).toEqualTypeOf<Post[]>()
  for await (const post of await posts.run(connection)) expectTypeOf(post).toEqualTypeOf<Post>()
  const lengths = await posts.map((post) => post('title').count()).run(connection)
  expectTypeOf(lengths).toEqualTypeOf<Cursor<number>>()
  expectTypeOf(await posts.map((post) => ({ name: post('title'), n: 1 })).run(connection)).toEqualTypeOf<
    Cursor<{ name: string; n: number }>
  >()
  expectTypeOf(await posts.orderBy('likes').run(connection)).toEqualTypeOf<ArrayResult<Post>>()
  expectTypeOf(await posts.count().run(connection)).toEqualTypeOf<number>()
  expectTypeOf(await r.expr([1, 2]).run(connection)).toEqualTypeOf<ArrayResult<number>>()
  expectTypeOf(await r.now().run(connection)).toEqualTypeOf<Date>()
  const feed = await posts.changes().run(connection)
  expectTypeOf(feed).toEqualTypeOf<
    Feed<{ readonly old_val: Post | null; readonly new_val: Post | null; readonly error?: string }>
  >()
  await feed.close()
  await connection.close()
})
