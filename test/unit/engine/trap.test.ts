// Promise: after a trap of the core, which has left its memory in the midst of a write, nothing more is written by whatever door; reads go on.

import { expect, it } from 'vitest'
import { type Direct, directOf } from '../../../src/engine/direct.ts'
import { type Collection, open } from '../../../src/engine/index.ts'
import { STATES } from '../../../src/engine/state.ts'
import { PoisonedError } from '../../../src/error/index.ts'

async function* source() {
  yield { id: 2 }
}

// After a trap below a stream or a query of RethinkDB's language others went on writing to what was left.
it.each<[string, (posts: Collection, direct: Direct) => unknown, ('runOne' | 'commitBatch')?]>([
  ['insert', (posts) => posts.insert([{ id: 2 }])],
  ['an insert of a stream', (posts) => posts.insert(source())],
  ['a direct insert', (_, direct) => direct.insert([{ id: 2 }, { id: 3 }], false, false)],
  ['a direct insert of one', (_, direct) => direct.insert([{ id: 2 }], false, false), 'runOne'],
  ['its commit', (_, direct) => direct.insert([{ id: 2 }, { id: 3 }], false, false), 'commitBatch'],
  [
    'a direct write',
    (_, direct) => {
      const write = direct.begin(false)
      write.put({ id: 2 })
      write.settle()
    },
  ],
])('nothing is written after a trap below %s', async (_, write, step) => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts')
  await posts.insert({ id: 1 })
  const { store } = STATES.get(posts)!.parts[0]!
  store[step ?? 'runStaged'] = () => {
    throw new WebAssembly.RuntimeError('unreachable')
  }
  await expect((async () => await write(posts, directOf(posts)!))()).rejects.toThrow('unreachable')
  await expect(posts.insert({ id: 4 })).rejects.toThrow(PoisonedError)
  expect(() => directOf(posts)!.insert([{ id: 4 }], false, false)).toThrow(PoisonedError)
  expect(await posts.get(1)).toEqual({ id: 1 })
  await db.close()
})
