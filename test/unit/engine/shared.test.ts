// Promise: holders of one directory in one process share one database, whichever path they came by; the last one closes it.

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { open, openShared } from '../../../src/engine/index.ts'
import { ClosedError, LockedError } from '../../../src/error/index.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quiver-shared-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

it('gives one database to all holders and closes it with the last of them', async () => {
  const path = join(folder, 'data')
  const [first, second] = await Promise.all([openShared(path), openShared(join(folder, '.', 'data'))])
  expect(second.database).toBe(first.database)
  symlinkSync(path, join(folder, 'link'))
  const third = await openShared(join(folder, 'link'))
  expect(third.database).toBe(first.database)
  await first.database.createCollection('a')
  await first.release()
  await first.release()
  await third.release()
  expect(await second.database.collections()).toHaveLength(1)
  await second.release()
  await expect(second.database.collections()).rejects.toBeInstanceOf(ClosedError)
  const own = await open(path)
  await expect(openShared(path)).rejects.toBeInstanceOf(LockedError)
  await own.close()
  const again = await openShared(path)
  expect(await again.database.collections()).toHaveLength(1)
  await again.release()
})

it('opens anew while the former database is still closing', async () => {
  const path = join(folder, 'data')
  const first = await openShared(path)
  const closing = first.release()
  const second = await openShared(path)
  await closing
  expect(second.database).not.toBe(first.database)
  await second.release()
})

it('gives each holder of :memory: its own', async () => {
  const [first, second] = await Promise.all([openShared(':memory:'), openShared(':memory:')])
  expect(first.database).not.toBe(second.database)
  await first.release()
  await second.release()
})
