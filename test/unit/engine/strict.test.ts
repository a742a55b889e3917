// Promise: a strict insert of the direct interface throws what is wrong with a document that cannot be stored, and then nothing of the
// call is written; documents whose keys are taken are counted and passed over, or replaced. However the collection is spread.

import { expect, it } from 'vitest'
import { directOf } from '../../../src/engine/direct.ts'
import { open } from '../../../src/engine/index.ts'

const SPREADS = [
  ['in one partition', {}, false],
  ['over shards', { shards: 3 }, false],
  ['over shards with a unique index', { shards: 3 }, true],
] as const

it.each(SPREADS)('stores all of a call or nothing, %s', async (_, options, hasUnique) => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', { ...options, vectors: { v: { dimension: 2 } } })
  if (hasUnique) await posts.createIndex('slug', { unique: true })
  const direct = directOf(posts)!
  const documents = Array.from({ length: 20 }, (_, id) => ({ id, slug: `s${id}`, v: [id, 1] }))
  expect(direct.insertStrictly(documents.slice(0, 10), false).result).toMatchObject({ inserted: 10, errors: 0 })
  const bad = [
    { id: 30, slug: 's30', v: [1, Number.NaN] },
    { id: 'k'.repeat(2000), slug: 's30', v: [1, 1] },
    { id: 30, slug: '\ud800', v: [1, 1] },
    ...(hasUnique ? [{ id: 30, slug: 's3', v: [1, 1] }] : []),
  ]
  for (const one of bad) {
    for (const isReplacing of [false, true]) {
      for (const at of [0, 10, 20]) {
        const given = [...documents.slice(0, at), one, ...documents.slice(at)]
        expect(() => direct.insertStrictly(given, isReplacing)).toThrow()
        expect(() => direct.insertStrictly([one], isReplacing)).toThrow()
        expect(direct.count).toBe(10)
      }
    }
  }
  expect(direct.insertStrictly(documents, false).result).toMatchObject({ inserted: 10, errors: 10 })
  expect(direct.insertStrictly([documents[3]!], false).result).toMatchObject({ inserted: 0, errors: 1 })
  const changed = documents.map((document) => ({ ...document, v: [0, 0] }))
  expect(direct.insertStrictly(changed, true).result).toMatchObject({ replaced: 20, errors: 0 })
  expect(await posts.count()).toBe(20)
  await db.close()
})
