// Promise: a file takes every byte of a write or says which operation on which file failed and why, whatever the calls of
// the operating system do. Checked with a hook in their place, and on a device that is always full.

import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { HostError } from '../../../src/error/index.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import type { StorageFile } from '../../../src/storage/index.ts'
import { pattern } from './contract.ts'
import { temporaryFolder } from './temporary.ts'

type Transfer = (fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => number
interface Hooks {
  write?: ((real: Transfer, ...args: Parameters<Transfer>) => number) | undefined
  read?: ((real: Transfer, ...args: Parameters<Transfer>) => number) | undefined
  flush?: (() => Error | null) | undefined
  closed?: number[] | undefined
}

const hooks = vi.hoisted((): Hooks => ({}))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  return {
    ...real,
    writeSync: (...args: Parameters<Transfer>) =>
      hooks.write === undefined ? real.writeSync(...args) : hooks.write(real.writeSync as Transfer, ...args),
    readSync: (...args: Parameters<Transfer>) =>
      hooks.read === undefined ? real.readSync(...args) : hooks.read(real.readSync as Transfer, ...args),
    closeSync: (fd: number) => {
      hooks.closed?.push(fd)
      real.closeSync(fd)
    },
    fdatasync: (fd: number, done: (error: Error | null) => void) =>
      hooks.flush === undefined ? real.fdatasync(fd, done) : setImmediate(done, hooks.flush()),
    fdatasyncSync: (fd: number) => {
      const error = hooks.flush?.()
      if (error) throw error
      real.fdatasyncSync(fd)
    },
  }
})

afterEach(() => {
  hooks.write = undefined
  hooks.read = undefined
  hooks.flush = undefined
  hooks.closed = undefined
})

function systemError(code: string, reason: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, ${syscall}`), { code, syscall, errno: -5 })
}

async function openFile(): Promise<{ file: StorageFile; path: string }> {
  const path = await temporaryFolder()
  const directory = await openFileDirectory(path)
  return { path, file: await directory.open('c1.p0.1.log', { create: true }) }
}

function takeAll(file: StorageFile): Uint8Array {
  const bytes = new Uint8Array(file.size())
  expect(file.read(0, bytes)).toBe(bytes.length)
  return bytes
}

function errorOf(call: () => void): HostError {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(HostError)
    return error as HostError
  }
  throw new Error('nothing was thrown')
}

describe('a transfer', () => {
  test('goes on after short writes and reads, interruptions, and calls that were busy', async () => {
    const { file } = await openFile()
    let calls = 0
    const halting =
      (syscall: string) =>
      (real: Transfer, ...[fd, bytes, offset, length, position]: Parameters<Transfer>): number => {
        calls++
        if (calls % 5 === 1) throw systemError('EINTR', 'interrupted system call', syscall)
        if (calls % 5 === 3) throw systemError('EAGAIN', 'resource temporarily unavailable', syscall)
        return real(fd, bytes, offset, Math.min(length, 7), position)
      }
    hooks.write = halting('write')
    hooks.read = halting('read')
    const bytes = pattern(250, 3)
    file.write(11, bytes.subarray(50))
    const target = new Uint8Array(300)
    expect(file.read(11, target)).toBe(200)
    expect(target.subarray(0, 200)).toEqual(bytes.subarray(50))
    file.close()
  })

  test('of a part of some bytes writes that part, whole, however short the writes are', async () => {
    const { file } = await openFile()
    const bytes = pattern(250, 5)
    file.write(0, new Uint8Array(100))
    hooks.write = (real, fd, bytes, offset, length, position) => real(fd, bytes, offset, Math.min(length, 7), position)
    file.writePart!(20, bytes, 60, 40)
    const target = new Uint8Array(100)
    expect(file.read(0, target)).toBe(100)
    const expected = new Uint8Array(100)
    expected.set(bytes.subarray(60, 100), 20)
    expect(target).toEqual(expected)
    file.close()
  })

  test('that never gets on ends in an error', async () => {
    const { file } = await openFile()
    hooks.write = () => 0
    expect(errorOf(() => file.write(0, pattern(3))).message).toMatch(/^write of .* failed: the platform takes no more/)
    hooks.write = () => {
      throw systemError('EAGAIN', 'resource temporarily unavailable', 'write')
    }
    expect(errorOf(() => file.write(0, pattern(3))).details).toMatchObject({ code: 'EAGAIN', written: 0 })
    hooks.read = () => {
      throw systemError('EAGAIN', 'resource temporarily unavailable', 'read')
    }
    expect(errorOf(() => file.read(0, new Uint8Array(1))).details).toMatchObject({ operation: 'read', code: 'EAGAIN' })
    file.close()
  })

  test('of more than two gigabytes goes in pieces of one', async () => {
    const { file } = await openFile()
    const pieces: number[][] = []
    hooks.write = hooks.read = (_, _fd, _bytes, offset, length, position) => {
      pieces.push([offset, length, position])
      return length
    }
    const gib = 2 ** 30
    const bytes = new Uint8Array(2 * gib + 5) // Never touched, so never in memory.
    file.write(100, bytes)
    expect(file.read(100, bytes)).toBe(bytes.length)
    const expected = [
      [0, gib, 100],
      [gib, gib, gib + 100],
      [2 * gib, 5, 2 * gib + 100],
    ]
    expect(pieces).toEqual([...expected, ...expected])
    file.close()
  })
})

describe('a failure', () => {
  test('names the operation, the file and the reason, and counts what was written', async () => {
    const { file, path } = await openFile()
    let calls = 0
    hooks.write = (real, fd, bytes, offset, length, position) => {
      if (++calls === 3) throw systemError('EIO', 'i/o error', 'write')
      return real(fd, bytes, offset, Math.min(length, 100), position)
    }
    const error = errorOf(() => file.write(0, pattern(250)))
    expect(error.message).toBe(`write of ${path}/c1.p0.1.log failed: EIO: i/o error`)
    expect(error.code).toBe('QUIVER_HOST')
    expect(error.details).toEqual({
      operation: 'write',
      file: 'c1.p0.1.log',
      directory: path,
      code: 'EIO',
      written: 200,
    })
    expect(error.cause).toMatchObject({ code: 'EIO' })
    hooks.write = undefined
    expect(takeAll(file)).toEqual(pattern(200))
    file.close()
  })

  test('of a flush is told, whichever way it was called', async () => {
    const { file, path } = await openFile()
    hooks.flush = () => systemError('EIO', 'i/o error', 'fdatasync')
    const message = `flush of ${path}/c1.p0.1.log failed: EIO: i/o error`
    expect(errorOf(() => file.flushSync()).message).toBe(message)
    await expect(file.flush()).rejects.toThrow(message)
    const flushed = file.flush()
    file.close()
    await expect(flushed).rejects.toThrow(message)
  })

  test.skipIf(process.platform !== 'linux')('of a full device leaves nothing written, and says so', async () => {
    const path = await temporaryFolder()
    symlinkSync('/dev/full', join(path, 'full'))
    const directory = await openFileDirectory(path)
    const file = await directory.open('full', { create: false })
    const error = errorOf(() => file.write(0, pattern(250)))
    expect(error.message).toBe(`write of ${path}/full failed: ENOSPC: no space left on device`)
    expect(error.details).toMatchObject({ code: 'ENOSPC', written: 0 })
    expect(errorOf(() => file.truncate(10)).details).toMatchObject({ operation: 'truncation', file: 'full' })
    file.close()
  })
})

test('a file that is closed writes into no other, which has its number by now', async () => {
  const directory = await openFileDirectory(await temporaryFolder())
  const first = await directory.open('first', { create: true })
  first.write(0, pattern(100))
  first.close()
  const second = await directory.open('second', { create: true })
  second.write(0, pattern(200))
  expect(() => first.write(0, new Uint8Array(50))).toThrow(HostError)
  expect(() => first.truncate(0)).toThrow(HostError)
  expect(() => first.size()).toThrow(HostError)
  first.close()
  const found = new Uint8Array(200)
  expect(second.read(0, found)).toBe(200)
  expect(found).toEqual(pattern(200))
  second.close()
})

// The flush would be of the file that is opened next, which gets the same number.
test('a file that is closed gives its number back once its flushes have ended, and only once', async () => {
  const { file } = await openFile()
  file.write(0, pattern(100))
  hooks.flush = () => null
  const closed: number[] = []
  hooks.closed = closed
  const flushes = [file.flush(), file.flush()]
  file.close()
  file.close()
  expect(closed).toEqual([])
  await Promise.all(flushes)
  expect(closed).toHaveLength(1)
  file.close()
  expect(closed).toHaveLength(1)
})
