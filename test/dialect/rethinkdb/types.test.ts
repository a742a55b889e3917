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
  expectTypeOf(await posts.get(1).pluck('id', 'title').run(connection)).toEqualTypeOf<Pick<Post, 'id' | 'title'>>()
  expectTypeOf(await posts.get(1).without('tags', 'author').run(connection)).toEqualTypeOf<
    Omit<Post, 'tags' | 'author'>
  >()
  const merged = await posts.merge((post) => ({ title: post('likes'), more: r.expr([true]) })).run(connection)
  const [first] = await merged.toArray()
  expectTypeOf(first!.title).toEqualTypeOf<number>()
  expectTypeOf(first!.more).toEqualTypeOf<boolean[]>()
  expectTypeOf(first!.likes).toEqualTypeOf<number>()
  expect(first).toMatchObject({ title: first!.likes, more: [true] })
  const [group] = await posts.group('title').count().run(connection)
  expectTypeOf(group!).toEqualTypeOf<{ group: string | null; reduction: number }>()
  const pairs = await posts.eqJoin('likes', r.table<{ id: number; note: string }>('posts')).zip().run(connection)
  expectTypeOf((await pairs.toArray())[0]!.note).toEqualTypeOf<string>()
  const made = await r.tableCreate('more', { primary_key: 'key' }).run(connection)
  expectTypeOf(made.config_changes[0]!.new_val!.primary_key).toEqualTypeOf<string>()
  expect(made.tables_created).toBe(1)
  expectTypeOf(await posts.config()('durability').run(connection)).toEqualTypeOf<'hard' | 'soft'>()
  await posts.get(1).update({ likes: 2 }, { return_changes: 'always', ignore_write_hook: true }).run(connection)
  await posts.between(0, 5, { left_bound: 'open' }).run(connection)
  // @ts-expect-error a key is of the type of `id`
  posts.get('1')
  // @ts-expect-error an option that is misspelt
  posts.get(1).update({}, { returnChange: true })
  const feed = await posts.changes().run(connection)
  expectTypeOf(feed).toEqualTypeOf<
    Feed<{ readonly old_val: Post | null; readonly new_val: Post | null; readonly error?: string }>
  >()
  await feed.close()
  await connection.close()
})

// Strict programs had to write `(row: any)` in each of these: the compiler said that `row` implicitly has an 'any' type.
it('types what functions are given, wherever a term takes one', () => {
  const posts = r.table<Post>('posts')
  const others = r.table('others')
  const numbers = r.expr([1, 2])
  const terms = [
    posts.indexCreate('f', (post) => post('likes').add(1)),
    posts.indexCreate('m', (post) => [post('tags'), post('title')], { multi: true }),
    others.group((row) => row('title'), 'likes'),
    posts.group((post) => post('title')),
    posts.orderBy((post) => post('likes')),
    others.orderBy(r.desc((row) => row('likes'))),
    posts.contains((post) => post('likes').eq(1)),
    posts.count((post) => post('likes').eq(1)),
    posts.offsetsOf((post) => post('likes').eq(1)),
    posts.map(others, (left, right) => left.merge(right)),
    others.setWriteHook((context, _old, next) => next.merge({ at: context('timestamp') })),
    r.do(1, 2, (a, b) => a.add(b)),
    r.map(posts, others, (left, right) => left.merge(right)),
    r.reduce([1, 2], (a, b) => a.add(b)),
    r.group([1, 2], (n) => n.mod(2)),
    r.min([1, 2], (n) => n.mul(-1)),
    r.contains([1, 2], (n) => n.gt(1)),
    numbers.filter((n) => n.gt(1)),
    numbers.contains((n) => n.gt(1), 2),
    numbers.count((n) => n.gt(1)),
    numbers.fold(0, (sum, n) => sum.add(n)),
    numbers.innerJoin([2], (left, right) => left.eq(right)),
    numbers.orderBy((n) => n.mul(-1)),
    numbers.sum((n) => n.mul(2)),
    numbers.max((n) => n.mul(-1)),
    numbers.do(1, (list, n) => list.append(n)),
  ]
  for (const term of terms) expect(String(term)).toContain('function(')
  const unknown: unknown = 1
  expect(String(posts.count(unknown))).toBe('r.table("posts").count(1)')
  expect(String(r.expr([1]).contains(unknown))).toBe('r([1]).contains(1)')
})
