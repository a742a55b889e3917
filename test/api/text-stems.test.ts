// Promise: a text index in another language than English finds the forms of a word, also in a process that opens what another one has made.

import { expect, it, vi } from 'vitest'
import { closeAfterEach, newDirectory } from './configurations.ts'

closeAfterEach()

const TEXTS = [
  { id: 1, text: 'Die Häuser der Läuferinnen' },
  { id: 2, text: 'Ein Boot' },
]
const GERMAN = { tokenizer: 'standard', filters: ['lowercase', { type: 'stemmer', language: 'german' }] } as const

/** As in a process of its own: nothing is loaded yet. */
async function freshly() {
  vi.resetModules()
  return await import('../../src/index.ts')
}

it('finds the forms of a word, before and after opening', async () => {
  const path = await newDirectory()
  const { open } = await freshly()
  const made = await open(path)
  const posts = await made.createCollection('posts', { shards: 2 })
  await posts.insert(TEXTS)
  await posts.createIndex('words', { type: 'text', fields: ['text'], analyzer: GERMAN })
  expect((await posts.search({ text: 'haus' })).map(({ id }) => id)).toEqual([1])
  await posts.insert({ id: 3, text: 'Hauses' })
  expect((await posts.search({ text: 'Häusern' })).map(({ id }) => id).sort()).toEqual([1, 3])
  await made.close()

  for (const readOnly of [false, true]) {
    const again = await (await freshly()).open(path, { readOnly })
    const found = await again.collection('posts').search({ text: 'läuferinnen' })
    expect(found.map(({ id }) => id)).toEqual([1])
    await again.close()
  }
})

it('refuses languages that nobody has, and names those there are', async () => {
  const { open } = await freshly()
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  const filters = [{ type: 'stemmer', language: 'klingon' }]
  const analyzer = { tokenizer: 'standard', filters } as never
  await expect(posts.createIndex('words', { type: 'text', fields: ['text'], analyzer })).rejects.toMatchObject({
    code: 'QUIVER_UNSUPPORTED',
    message: expect.stringMatching(/"klingon".*"arabic", "danish".*"turkish"/),
  })
  await db.close()
})
