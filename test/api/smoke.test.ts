import { expect, it } from 'vitest'
import { open } from '../../src/index.ts'
it('works', async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  expect(await posts.insert({ id: 1, a: { b: 1 } })).toEqual({ inserted: 1, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, errors: 0 })
  expect(await posts.get(1n)).toEqual({ id: 1, a: { b: 1 } })
  expect(await posts.update(1, { a: { c: 2 } }, { returnChanges: true })).toMatchObject({ replaced: 1 })
  console.log(await posts.insert([{ id: 1 }, { id: 2, x: NaN }, {}], { returnChanges: 'always' }))
  console.log(await posts.find().toArray(), await posts.stats())
  await db.close()
})
