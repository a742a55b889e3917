// Promise: that of test/unit/journal/large.test.ts, with logs that are as long as they say, on a real disk (12 GB of it): a log between 2 and
// 4 GiB that a process left which died, and one beyond 4 GiB that was closed, are there to the last document; damage beyond 4 GiB is found,
// and repaired. A database beyond 4 GiB is exported and imported.

import { cpSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { CorruptError } from '../../src/error/index.ts'
import { type Collection, type Database, open } from '../../src/index.ts'

const GIB = 2 ** 30
const TEXT = 'm'.repeat(60_000)
const LOG = 'c1.p0.1.log'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'quiver-large-')))
  return folders.at(-1)!
}

async function upsert(posts: Collection, from: number, to: number, version: number): Promise<void> {
  for (let at = from; at < to; at += 100)
    await posts.upsert(Array.from({ length: 100 }, (_, i) => ({ id: at + i, version, text: TEXT })))
}

async function expectAll(db: Database, count: number, versionOf: (id: number) => number): Promise<void> {
  const posts = db.collection('posts')
  expect(await posts.count()).toBe(count)
  for (let id = 0; id < count; id += 997) expect(await posts.get(id)).toMatchObject({ id, version: versionOf(id) })
  expect((await posts.get(count - 1))?.['text']).toBe(TEXT)
}

it('a log between 2 and 4 GiB of a process that died', async () => {
  const [path, left] = [newFolder(), newFolder()]
  const db = await open(path, { durability: 'soft' })
  await upsert(await db.createCollection('posts'), 0, 40_000, 0)
  for (const name of readdirSync(path)) if (!name.startsWith('quiver.lock')) cpSync(join(path, name), join(left, name))
  await db.close()
  expect(statSync(join(left, LOG)).size).toBeGreaterThan(2 * GIB)
  const again = await open(left)
  await expectAll(again, 40_000, () => 0)
  await again.close()
})

it('a log beyond 4 GiB, closed and then damaged', async () => {
  const path = newFolder()
  const db = await open(path, { durability: 'soft' })
  const posts = await db.createCollection('posts')
  await upsert(posts, 0, 46_000, 0)
  await upsert(posts, 0, 34_000, 1)
  await db.close()
  const size = statSync(join(path, LOG)).size
  expect(size).toBeGreaterThan(4 * GIB)
  const again = await open(path)
  await expectAll(again, 46_000, (id) => (id < 34_000 ? 1 : 0))
  await again.close()
  const file = openSync(join(path, LOG), 'r+')
  const byte = new Uint8Array(1)
  readSync(file, byte, 0, 1, size - 150_000_000)
  byte[0]! ^= 8
  writeSync(file, byte, 0, 1, size - 150_000_000)
  await expect(open(path)).rejects.toThrow(CorruptError)
  const repaired = await open(path, { repair: true })
  expect(repaired.repairs).toHaveLength(1)
  expect(repaired.repairs[0]!.offset).toBeGreaterThan(4 * GIB)
  expect(await repaired.collection('posts').count()).toBe(46_000)
  expect(await repaired.collection('posts').count({ version: 1 })).toBe(33_900)
  await repaired.close()
})

it('more than 4 GiB in two shards, exported and imported', async () => {
  const path = newFolder()
  const db = await open(path, { durability: 'soft' })
  await upsert(await db.createCollection('posts', { shards: 2 }), 0, 80_000, 0)
  const copy = newFolder()
  const imported = await open.import(await db.export({ as: 'stream' }), copy)
  await db.close()
  await expectAll(imported, 80_000, () => 0)
  await imported.close()
})
