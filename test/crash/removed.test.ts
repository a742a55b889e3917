// Promise: a database whose directory was removed, moved away, replaced by a copy or taken over while it was open says so, and writes into
// none that stands in its place. Files that are open live on: writes were acknowledged for hours that no opening would ever find, a
// compaction or a close wrote into the backup that had been put there, and it was damaged for the next opening.

import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Collection, open } from '../../src/index.ts'

let folder = ''
const at = (...names: string[]) => join(folder, ...names)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quiver-removed-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Writes until it is refused: the directory is looked at now and then. */
async function refusalOf(c: Collection, durability: 'hard' | 'soft'): Promise<unknown> {
  for (let id = 1000; ; id++) {
    try {
      await c.insert({ id }, { durability })
    } catch (error) {
      return error
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const contents = (name: string) =>
  readdirSync(at(name))
    .filter((file) => !file.startsWith('quiver.lock.'))
    .map((file) => [file, readFileSync(at(name, file)).toString('base64')])

it.each(['hard', 'soft'] as const)(
  'refuses %s writes once the directory is removed; reads go on',
  async (durability) => {
    const db = await open(at('data'))
    const c = await db.createCollection('c')
    await c.insert({ id: 1 })
    rmSync(at('data'), { recursive: true })
    expect(await refusalOf(c, durability)).toMatchObject({
      name: 'HostError',
      message: expect.stringMatching(/directory ".*data" was removed or replaced while it was open/),
    })
    await expect(c.insert({ id: 2 })).rejects.toThrow(/was removed or replaced while it was open/)
    await expect(db.createCollection('d')).rejects.toThrow(/was removed or replaced while it was open/)
    expect(await c.get(1)).toEqual({ id: 1 })
    await db.close()
    expect(readdirSync(folder)).toEqual([])
  },
)

// `find -name '*.log' -delete`, a rotation of logs.
it.each([
  ['hard', 'removed'],
  ['soft', 'removed'],
  ['hard', 'cut'],
  ['soft', 'cut'],
] as const)('refuses %s writes to a log that was %s alone, and exports all there is', async (durability, how) => {
  const db = await open(at('data'))
  const c = await db.createCollection('c')
  await c.insert({ id: 1 })
  if (how === 'removed') rmSync(at('data', 'c1.p0.1.log'))
  else truncateSync(at('data', 'c1.p0.1.log'))
  expect(await refusalOf(c, durability)).toMatchObject({
    name: 'HostError',
    message: expect.stringContaining(`c1.p0.1.log was ${how} while it was open`),
  })
  expect(await c.get(1)).toEqual({ id: 1 })
  const rescued = await open.import(await db.export(), at('rescued'))
  expect(await rescued.collection('c').count()).toBe(await c.count())
  await rescued.close()
  await db.close()
})

it('leaves alone a copy of itself that was put in its place', async () => {
  const db = await open(at('data'), { durability: 'soft' })
  const c = await db.createCollection('c')
  await c.insert({ id: 1 })
  await db.sync()
  cpSync(at('data'), at('backup'), {
    recursive: true,
    preserveTimestamps: true,
    filter: (name) => !/lock\..-/.test(name),
  })
  await c.insert(Array.from({ length: 300 }, (_, id) => ({ id: `later ${id}` })))
  renameSync(at('data'), at('moved'))
  cpSync(at('backup'), at('data'), { recursive: true, preserveTimestamps: true })
  const before = contents('data')
  await expect(c.optimize()).rejects.toThrow(/was removed or replaced/)
  await expect(db.createCollection('d')).rejects.toThrow(/was removed or replaced/)
  await expect(db.dropCollection('c')).rejects.toThrow(/was removed or replaced/)
  await db.close().catch(() => {})
  expect(contents('data').filter(([file]) => file !== 'quiver.lock')).toEqual(
    before.filter(([file]) => file !== 'quiver.lock'),
  )
  const restored = await open(at('data'))
  expect(await restored.collection('c').count()).toBe(1)
  await restored.close()
  const moved = await open(at('moved'))
  expect(await moved.collection('c').count()).toBe(301)
  await moved.close()
})

it('gives way to one that took the directory over after its lock was deleted', async () => {
  const db = await open(at('data'))
  const c = await db.createCollection('c')
  await c.insert({ id: 1 })
  rmSync(at('data', 'quiver.lock'))
  const taker = await open(at('data'))
  await taker.collection('c').insert({ id: 'theirs' })
  expect(await refusalOf(c, 'hard')).toMatchObject({ message: expect.stringContaining('was taken over by process') })
  await db.close()
  await taker.collection('c').insert({ id: 'theirs, too' })
  await taker.close()
})

it('goes on when somebody touches its files, or opens and is refused', async () => {
  const db = await open(at('data'))
  const c = await db.createCollection('c')
  const { chmodSync, utimesSync } = await import('node:fs')
  chmodSync(at('data', 'quiver.lock'), 0o600)
  utimesSync(at('data', 'quiver.lock'), 0, 0)
  await expect(open(at('data'))).rejects.toMatchObject({ name: 'LockedError' })
  for (let id = 0; id < 100; id++) {
    await c.insert({ id })
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await c.optimize()
  await db.close()
})

it('takes what it has cut off itself for no loss', async () => {
  let now = 0
  // It looks at every flush.
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 200))
  try {
    for (let round = 0; round < 2; round++) {
      const db = await open(at('data'))
      const c = round === 0 ? await db.createCollection('c') : db.collection('c')
      for (const id of [1, 2]) await c.upsert({ id, round }, { durability: 'hard' })
      await db.close()
    }
  } finally {
    clock.mockRestore()
  }
  const db = await open(at('data'))
  expect(await db.collection('c').find().toArray()).toEqual([1, 2].map((id) => ({ id, round: 1 })))
  await db.close()
})
