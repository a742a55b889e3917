// Promise: who opens a database where nothing may be written is told how it can be read. The platform's refusals are made up: the user
// that runs the tests may be one whom nothing is refused.

import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { HostError, open } from '../../../src/index.ts'
import { temporaryFolder } from './temporary.ts'

const refused = vi.hoisted(() => ({ code: '', isTaken: (_path: string, _flags: unknown): boolean => false }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const check = (path: string, flags?: unknown) => {
    if (refused.code === '' || !refused.isTaken(path, flags)) return
    const cause = new Error(`${refused.code}: no, open '${path}'`)
    throw Object.assign(cause, { code: refused.code, syscall: 'open' })
  }
  return {
    ...real,
    mkdirSync: (...args: Parameters<typeof real.mkdirSync>) => {
      check(String(args[0]))
      return real.mkdirSync(...args)
    },
    openSync: (...args: Parameters<typeof real.openSync>) => {
      check(String(args[0]), args[1])
      return real.openSync(...args)
    },
    writeFileSync: (...args: Parameters<typeof real.writeFileSync>) => {
      check(String(args[0]))
      return real.writeFileSync(...args)
    },
  }
})

afterEach(() => {
  refused.code = ''
})

const advice =
  '; a database needs a directory that it may write to, or { readOnly: true } for reading one that is there'

async function database(): Promise<string> {
  const path = join(await temporaryFolder(), 'data')
  const db = await open(path)
  await (await db.createCollection('c')).insert({ id: 1 })
  await db.close()
  return path
}

describe.each(['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'])('%s', (code) => {
  // The folder of a serverless function: `locking of data failed: EROFS` did not say that there is another way to open it.
  test('of the lock', async () => {
    const path = await database()
    Object.assign(refused, { code, isTaken: (file: string) => file.includes('quiver.lock') })
    const opening = open(path)
    await expect(opening).rejects.toThrow(HostError)
    await expect(opening).rejects.toThrow(`locking of ${path} failed: ${code}: no${advice}`)
    await expect(opening).rejects.toMatchObject({ details: { operation: 'locking', directory: path, code } })
  })

  test('of a new directory', async () => {
    const path = join(await temporaryFolder(), 'data')
    Object.assign(refused, { code, isTaken: (file: string) => file === path })
    await expect(open(path)).rejects.toThrow(`creation of ${path} failed: ${code}: no${advice}`)
  })

  test('of files in a directory that takes others', async () => {
    const path = await database()
    Object.assign(refused, { code, isTaken: (file: string) => file === join(path, 'catalog') })
    await expect(open(path)).rejects.toThrow(`opening of ${path}/catalog failed: ${code}: no${advice}`)
  })

  // On a full btrfs a database could not even be read.
  test('of the lock keeps no reader out', async () => {
    const path = await database()
    Object.assign(refused, { code, isTaken: (file: string) => file.includes('quiver.lock') })
    const db = await open(path, { readOnly: true })
    expect(await db.collection('c').count()).toBe(1)
    await db.close()
  })

  test('of reading says no such thing', async () => {
    const path = await database()
    Object.assign(refused, { code, isTaken: (file: string) => file === join(path, 'catalog') })
    await expect(open(path, { readOnly: true })).rejects.toThrow(/: no$/)
  })
})

test('other refusals are told as they are', async () => {
  const path = join(await temporaryFolder(), 'data')
  Object.assign(refused, { code: 'EIO', isTaken: (file: string) => file === path })
  await expect(open(path)).rejects.toThrow(/failed: EIO: no$/)
})
