// Promise: on Windows a file that a virus scanner or an indexer has open for a moment fails no operation. Checked with a file system
// that refuses as Windows does, on any platform.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HostError } from '../../../src/error/index.ts'
import { beaconAnswers } from '../../../src/storage/file/beacon.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import { temporaryFolder } from './temporary.ts'

/** How often the next operation on a name is refused, and with what. */
const refusal = vi.hoisted(() => ({ code: 'EPERM', left: 0 }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const refused =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      if (refusal.left === 0) return call(...args)
      refusal.left--
      throw Object.assign(new Error(`${refusal.code}: operation not permitted`), { code: refusal.code })
    }
  return {
    ...real,
    openSync: refused(real.openSync),
    renameSync: refused(real.renameSync),
    unlinkSync: refused(real.unlinkSync),
  }
})

const { platform } = process
const pretend = (name: string) => Object.defineProperty(process, 'platform', { value: name })
beforeEach(() => void pretend('win32'))
afterEach(() => {
  pretend(platform)
  refusal.left = 0
  vi.restoreAllMocks()
})

async function folderWith(...names: string[]) {
  const path = await temporaryFolder()
  for (const name of names) writeFileSync(join(path, name), name)
  const directory = await openFileDirectory(path)
  return { directory, at: (name: string) => join(path, name) }
}

// A scanner that held the new catalog for 60 ms made a third of all drops fail, and the database then took no more writes.
describe.each(['EPERM', 'EACCES', 'EBUSY'])('a file in use (%s)', (code) => {
  const refuse = (times: number) => Object.assign(refusal, { code, left: times })

  test('is replaced as soon as it is free', async () => {
    const { directory, at } = await folderWith('new', 'old')
    refuse(3)
    await directory.rename('new', 'old')
    expect([existsSync(at('new')), refusal.left]).toEqual([false, 0])
  })

  test('is removed as soon as it is free', async () => {
    const { directory, at } = await folderWith('a')
    refuse(3)
    await directory.remove('a')
    expect([existsSync(at('a')), refusal.left]).toEqual([false, 0])
  })

  test('is opened as soon as it is free', async () => {
    const { directory } = await folderWith('a')
    refuse(3)
    const file = await directory.open('a', { create: true })
    expect([file.size(), refusal.left]).toEqual([1, 0])
    file.close()
  })

  test('that stays so is reported after some seconds', async () => {
    const { directory } = await folderWith('new', 'old')
    refuse(Infinity)
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
    await expect(directory.rename('new', 'old')).rejects.toThrow(HostError)
    expect(now).toBeLessThan(20_000)
  })

  test('elsewhere is not waited for', async () => {
    pretend('linux')
    const { directory } = await folderWith('new', 'old')
    refuse(1)
    await expect(directory.rename('new', 'old')).rejects.toThrow(HostError)
    expect(refusal.left).toBe(0)
  })
})

test('what is wrong for another reason is reported at once', async () => {
  const { directory } = await folderWith('new')
  Object.assign(refusal, { code: 'EIO', left: 1 })
  await expect(directory.rename('new', 'old')).rejects.toThrow('EIO')
})

// Windows soon gives the pid of a dead process to another one: the directory then stayed locked as long as that one ran.
test('a beacon that is not there says that its process is gone, where beacons are pipes', async () => {
  const path = await temporaryFolder()
  expect(await beaconAnswers(path, 'a'.repeat(24))).toBe('no')
  pretend('linux')
  expect(await beaconAnswers(path, 'a'.repeat(24))).toBe('unclear')
})
