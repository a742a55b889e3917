// What every backend promises, as a function of the backend; contract.test.ts runs it over all of them.

import { describe, expect, test } from 'vitest'
import { LockedError, NotFoundError, UsageError } from '../../../src/error/index.ts'
import type { StorageDirectory } from '../../../src/storage/index.ts'

/** Opens handles on one and the same directory, empty at first; none is locked. */
export type OpenHandle = (options?: { readOnly?: boolean }) => Promise<StorageDirectory>

const create = { create: true }
const existing = { create: false }

export function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

/** `start`, `start` + 1, ... modulo 251, so that no power of two repeats it. */
export function pattern(bytesCount: number, start = 0): Uint8Array {
  return Uint8Array.from({ length: bytesCount }, (_, index) => (start + index) % 251)
}

/** All of a file, read in one go. */
export async function contentOf(directory: StorageDirectory, name: string): Promise<number[]> {
  const file = await directory.open(name, existing)
  const bytes = new Uint8Array(file.size())
  expect(file.read(0, bytes)).toBe(bytes.length)
  file.close()
  return [...bytes]
}

export function describeStorage(backend: string, fresh: () => Promise<OpenHandle>): void {
  const filesOf = async (): Promise<StorageDirectory> => (await fresh())()

  describe(`${backend}: files`, () => {
    test('a new file is empty, and there for every handle', async () => {
      const open = await fresh()
      const directory = await open()
      const file = await directory.open('a.log', create)
      expect(file.name).toBe('a.log')
      expect(file.size()).toBe(0)
      file.close()
      expect(await (await open()).list()).toEqual(['a.log'])
    })

    test('opening keeps what is there; without create, what is not there is a NotFoundError', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(0, bytesOf(1, 2, 3))
      file.close()
      const again = await directory.open('a', create)
      expect(again.size()).toBe(3)
      again.close()
      await expect(directory.open('b', existing)).rejects.toThrow(NotFoundError)
      expect(await directory.list()).toEqual(['a'])
    })

    test('writes land where they are put, and a gap before them is zero', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(5, bytesOf(1, 2, 3))
      file.write(1, bytesOf(9))
      file.write(6, bytesOf(7, 7, 7))
      expect(file.size()).toBe(9)
      file.close()
      expect(await contentOf(directory, 'a')).toEqual([0, 9, 0, 0, 0, 1, 7, 7, 7])
    })

    test('an empty write changes nothing, wherever it is put', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(100, bytesOf())
      expect(file.size()).toBe(0)
      file.close()
    })

    test('reading stops at the end of the file', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(0, bytesOf(1, 2, 3))
      const target = bytesOf(8, 8, 8, 8)
      expect(file.read(1, target)).toBe(2)
      expect([...target]).toEqual([2, 3, 8, 8])
      expect(file.read(3, target)).toBe(0)
      expect(file.read(1000, target)).toBe(0)
      expect(file.read(0, bytesOf())).toBe(0)
      file.close()
    })

    test('a view of WASM memory is written and read as the part of it that it is', async () => {
      const directory = await filesOf()
      const memory = new WebAssembly.Memory({ initial: 1 })
      const view = new Uint8Array(memory.buffer, 1000, 300)
      view.set(pattern(300))
      const file = await directory.open('a', create)
      file.write(10, view.subarray(100, 200))
      const target = new Uint8Array(memory.buffer, 5000, 100)
      expect(file.read(10, target)).toBe(100)
      expect([...target]).toEqual([...pattern(100, 100)])
      file.close()
    })

    test('what is written belongs to the file: the buffer may be used again', async () => {
      const directory = await filesOf()
      const buffer = bytesOf(1, 2, 3)
      const file = await directory.open('a', create)
      file.write(0, buffer)
      buffer.fill(9)
      file.close()
      expect(await contentOf(directory, 'a')).toEqual([1, 2, 3])
    })

    test('truncation cuts and grows, and what was cut off comes back as zero', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(0, pattern(10_000, 1))
      file.truncate(4_097)
      expect(file.size()).toBe(4_097)
      file.truncate(10_000)
      const bytes = new Uint8Array(10_000)
      expect(file.read(0, bytes)).toBe(10_000)
      expect(bytes.subarray(0, 4_097)).toEqual(pattern(4_097, 1))
      expect(bytes.subarray(4_097).every((byte) => byte === 0)).toBe(true)
      file.truncate(0)
      expect(file.size()).toBe(0)
      file.close()
    })

    test('megabytes go through in one call', async () => {
      const directory = await filesOf()
      const bytes = pattern(3_000_001)
      const file = await directory.open('a', create)
      file.write(777, bytes)
      const target = new Uint8Array(bytes.length)
      expect(file.read(777, target)).toBe(bytes.length)
      expect(Buffer.compare(target, bytes)).toBe(0)
      file.close()
    })

    test('a file is flushed either way, also while it is written, and closed at once after', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(0, bytesOf(1))
      const flushed = file.flush()
      file.write(1, bytesOf(2))
      file.flushSync()
      const flushes = [flushed, file.flush(), file.flush()]
      await Promise.all(flushes)
      file.close()
      expect(await contentOf(directory, 'a')).toEqual([1, 2])
    })

    test('closing does not disturb a flush on its way, nor the file that is opened next', async () => {
      const directory = await filesOf()
      for (let round = 0; round < 20; round++) {
        const file = await directory.open('a', create)
        file.write(0, bytesOf(round))
        const flushed = file.flush()
        file.close()
        const next = await directory.open('b', create)
        next.write(0, bytesOf(round + 100))
        await flushed
        next.close()
      }
      expect(await contentOf(directory, 'a')).toEqual([19])
      expect(await contentOf(directory, 'b')).toEqual([119])
    })
  })

  describe(`${backend}: names`, () => {
    test('are listed in order, and vary in letters, digits, dots and hyphens', async () => {
      const directory = await filesOf()
      for (const name of ['c1.p0.1.log', '0', 'b-2', 'a'.repeat(200)]) (await directory.open(name, create)).close()
      expect(await directory.list()).toEqual(['0', 'a'.repeat(200), 'b-2', 'c1.p0.1.log'])
    })

    test('that could mean anything else are refused everywhere', async () => {
      const directory = await filesOf()
      ;(await directory.open('a', create)).close()
      for (const name of [
        '',
        '.',
        '..',
        '.a',
        '-a',
        '../a',
        'a/b',
        'a\\b',
        'a b',
        'a\0',
        'C:',
        'a_b',
        'a'.repeat(201),
      ]) {
        await expect(directory.open(name, create)).rejects.toThrow(UsageError)
        await expect(directory.remove(name)).rejects.toThrow(UsageError)
        await expect(directory.rename('a', name)).rejects.toThrow(UsageError)
        await expect(directory.rename(name, 'a')).rejects.toThrow(UsageError)
      }
      expect(await directory.list()).toEqual(['a'])
    })

    test('a rename replaces its target; of a file that is not there it is a NotFoundError', async () => {
      const directory = await filesOf()
      for (const [name, value] of [['new', 2] as const, ['old', 1] as const]) {
        const file = await directory.open(name, create)
        file.write(0, bytesOf(value))
        file.close()
      }
      await directory.rename('new', 'old')
      await directory.flushNames()
      expect(await directory.list()).toEqual(['old'])
      expect(await contentOf(directory, 'old')).toEqual([2])
      await expect(directory.rename('new', 'old')).rejects.toThrow(NotFoundError)
    })

    test('a removed file is gone, and one that was not there is fine', async () => {
      const directory = await filesOf()
      const file = await directory.open('a', create)
      file.write(0, bytesOf(1))
      file.close()
      await directory.remove('a')
      await directory.remove('a')
      await directory.flushNames()
      expect(await directory.list()).toEqual([])
      await expect(directory.open('a', existing)).rejects.toThrow(NotFoundError)
      const anew = await directory.open('a', create)
      expect(anew.size()).toBe(0)
      anew.close()
    })
  })

  describe(`${backend}: read-only`, () => {
    test('reads, and refuses all else', async () => {
      const open = await fresh()
      const writer = await open()
      const file = await writer.open('a', create)
      file.write(0, bytesOf(1, 2, 3))
      file.close()

      const reader = await open({ readOnly: true })
      expect([writer.isReadOnly, reader.isReadOnly]).toEqual([false, true])
      expect(await contentOf(reader, 'a')).toEqual([1, 2, 3])
      await expect(reader.open('a', create)).rejects.toThrow(UsageError)
      await expect(reader.open('b', create)).rejects.toThrow(UsageError)
      await expect(reader.remove('a')).rejects.toThrow(UsageError)
      await expect(reader.rename('a', 'b')).rejects.toThrow(UsageError)
      const shown = await reader.open('a', existing)
      expect(() => shown.write(0, bytesOf(9))).toThrow(UsageError)
      expect(() => shown.truncate(0)).toThrow(UsageError)
      shown.close()
      expect(await contentOf(writer, 'a')).toEqual([1, 2, 3])
    })
  })

  describe(`${backend}: lock`, () => {
    test('one writer at a time', async () => {
      const open = await fresh()
      const [first, second] = [await open(), await open()]
      await first.lock()
      await expect(second.lock()).rejects.toThrow(LockedError)
      await expect(second.lock()).rejects.toMatchObject({ details: { path: first.path, mode: 'write' } })
      await first.unlock()
      await second.lock()
      await second.unlock()
    })

    test('readers share, and keep writers out, as a writer does them', async () => {
      const open = await fresh()
      const [one, two] = [await open({ readOnly: true }), await open({ readOnly: true })]
      await one.lock()
      await two.lock()
      await expect((await open()).lock()).rejects.toMatchObject({ code: 'QUIVER_LOCKED', details: { mode: 'read' } })
      await one.unlock()
      await expect((await open()).lock()).rejects.toThrow(LockedError)
      await two.unlock()

      const writer = await open()
      await writer.lock()
      await expect((await open({ readOnly: true })).lock()).rejects.toMatchObject({
        code: 'QUIVER_LOCKED',
        details: { mode: 'write' },
      })
      await writer.unlock()
    })

    test('of many handles that ask at once exactly one gets it', async () => {
      const open = await fresh()
      for (let round = 0; round < 5; round++) {
        const handles = await Promise.all(Array.from({ length: 8 }, () => open()))
        const outcomes = await Promise.allSettled(handles.map((handle) => handle.lock()))
        const held = handles.filter((_, index) => outcomes[index]?.status === 'fulfilled')
        expect(held).toHaveLength(1)
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LockedError)
        }
        await held[0]?.unlock()
      }
    })

    test('leaves no trace among the files', async () => {
      const open = await fresh()
      const writer = await open()
      await writer.lock()
      expect(await writer.list()).toEqual([])
      await writer.unlock()
      expect(await writer.list()).toEqual([])
    })
  })
}
