// Promise: a path leads to one directory, made where it is missing, or to an error that says what is wrong with it; and
// files that are not ours are left alone.

import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { HostError, NotFoundError, UsageError } from '../../../src/error/index.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import { temporaryFolder } from './temporary.ts'

async function touch(path: string | URL): Promise<string> {
  const directory = await openFileDirectory(path)
  const file = await directory.open('a', { create: true })
  file.close()
  await directory.flushNames()
  return directory.path
}

describe('a path', () => {
  // Yarn's Plug'n'Play has file handles of its own, without this method: no directory could be opened in such a project.
  test('is made where handles of files cannot flush', async () => {
    const folder = await temporaryFolder()
    const handle = await open(folder, 'r')
    const refused = vi
      .spyOn(Object.getPrototypeOf(handle), 'sync')
      .mockRejectedValue(new Error('Method not implemented.'))
    await handle.close()
    try {
      expect(await touch(join(folder, 'data'))).toBe(join(folder, 'data'))
    } finally {
      refused.mockRestore()
    }
  })

  // Windows fails so for paths of more than 260 letters, RAM disks and some network drives.
  test('is made where the platform cannot tell its real path', async () => {
    const failed = vi.spyOn(realpathSync, 'native').mockImplementation(() => {
      throw Object.assign(new Error('UNKNOWN: unknown error, realpath'), { code: 'UNKNOWN' })
    })
    try {
      const path = join(await temporaryFolder(), 'data')
      expect(await touch(path)).toBe(path)
      expect(failed).toHaveBeenCalled()
    } finally {
      failed.mockRestore()
    }
  })

  test('is made with all its parents', async () => {
    const path = join(await temporaryFolder(), 'one', 'two words', '\u00fcber')
    expect(await touch(path)).toBe(path)
    expect(existsSync(join(path, 'a'))).toBe(true)
  })

  test('may be relative, and is then told as it was given', async () => {
    const path = relative(process.cwd(), join(await temporaryFolder(), 'data'))
    expect(await touch(path)).toBe(path)
    expect(existsSync(join(path, 'a'))).toBe(true)
  })

  test('stays where it was when the process goes elsewhere', async () => {
    const folder = await temporaryFolder()
    const path = relative(process.cwd(), join(folder, 'data'))
    const home = process.cwd()
    const directory = await openFileDirectory(path)
    try {
      process.chdir('/')
      ;(await directory.open('a', { create: true })).close()
    } finally {
      process.chdir(home)
    }
    expect(existsSync(join(folder, 'data', 'a'))).toBe(true)
  })

  test('may be a file: URL, as an object or as text', async () => {
    const path = join(await temporaryFolder(), 'two words')
    expect(await touch(pathToFileURL(path))).toBe(path)
    expect(await touch(pathToFileURL(path).href)).toBe(path)
    expect(existsSync(join(path, 'a'))).toBe(true)
  })

  test('may be a link', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'real'))
    symlinkSync('real', join(folder, 'link'))
    await touch(join(folder, 'link'))
    expect(existsSync(join(folder, 'real', 'a'))).toBe(true)
  })

  test.each([
    [''],
    ['a\0b'],
    ['https://localhost/data'],
    [new URL('https://localhost/data')],
    ['file://elsewhere.example/%2f'],
    [7],
    [null],
  ])('that is %j is a UsageError', async (path) => {
    await expect(openFileDirectory(path as string)).rejects.toThrow(UsageError)
    await expect(openFileDirectory(path as string, { readOnly: true })).rejects.toThrow(UsageError)
  })

  test('that is a file, or lies under one, is a UsageError naming it', async () => {
    const path = join(await temporaryFolder(), 'file')
    writeFileSync(path, 'mine')
    for (const one of [path, join(path, 'data')]) {
      for (const readOnly of [false, true]) {
        const opening = openFileDirectory(one, { readOnly })
        await expect(opening).rejects.toThrow(UsageError)
        await expect(opening).rejects.toThrow(one)
      }
    }
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  test('that is missing is a NotFoundError when read-only, and is not made', async () => {
    const path = join(await temporaryFolder(), 'data')
    await expect(openFileDirectory(path, { readOnly: true })).rejects.toThrow(NotFoundError)
    expect(existsSync(path)).toBe(false)
  })

  test.skipIf(process.platform !== 'linux')('that cannot be made is a HostError with the reason', async () => {
    const opening = openFileDirectory('/proc/quiver/data')
    await expect(opening).rejects.toThrow(HostError)
    await expect(opening).rejects.toThrow(
      /^creation of \/proc\/quiver\/data failed: ENOENT: no such file or directory$/,
    )
  })
})

// Each of them once made a folder of that name, beside which the database that was meant stayed empty or was lost with the process.
describe('a path that is all but', () => {
  test.each([':memory', 'memory:', ':MEMORY:', ' :memory: '])('%j is not taken for a folder', async (path) => {
    await expect(openFileDirectory(path)).rejects.toThrow(
      `${JSON.stringify(path)} is not a database path: write ":memory:"`,
    )
    expect(existsSync(path)).toBe(false)
  })

  test('a file: URL without its slashes is not taken for a folder', async () => {
    await expect(openFileDirectory('file:data/app')).rejects.toThrow('write the path alone, "data/app", or file:///...')
    expect(existsSync('file:data')).toBe(false)
  })

  test('a file: URL with one slash is one', async () => {
    const path = await temporaryFolder()
    expect(await touch(`file:${path}`)).toBe(path)
  })

  test('a folder called memory is one', async () => {
    const path = join(await temporaryFolder(), 'memory')
    expect(await touch(path)).toBe(path)
  })
})

describe('foreign files', () => {
  test('are listed if they are files, and otherwise left alone', async () => {
    const path = await temporaryFolder()
    writeFileSync(join(path, 'my notes.txt'), 'mine')
    mkdirSync(join(path, 'folder'))
    const directory = await openFileDirectory(path)
    await directory.lock()
    expect(await directory.list()).toEqual(['my notes.txt'])
    await directory.unlock()
    expect(readFileSync(join(path, 'my notes.txt'), 'utf8')).toBe('mine')
  })

  test('of the lock cannot be opened, renamed or removed', async () => {
    const directory = await openFileDirectory(await temporaryFolder())
    for (const name of ['quiver.lock', 'quiver.lock.r-1']) {
      await expect(directory.open(name, { create: true })).rejects.toThrow(UsageError)
      await expect(directory.remove(name)).rejects.toThrow(UsageError)
      await expect(directory.rename(name, 'a')).rejects.toThrow(UsageError)
    }
  })

  test('that are folders by our names are a HostError', async () => {
    const path = await temporaryFolder()
    mkdirSync(join(path, 'a'))
    const directory = await openFileDirectory(path)
    await expect(directory.open('a', { create: true })).rejects.toThrow(HostError)
    await expect(directory.remove('a')).rejects.toThrow(HostError)
  })
})
