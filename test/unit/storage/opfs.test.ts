// Promise: where the platform cannot rename a file, the copy that takes its place is whole, or the file stays. The platform is simulated; what
// is kept in real ones is tested in test/browser.

import { afterEach, expect, it, vi } from 'vitest'
import { openOpfsDirectory } from '../../../src/storage/opfs/index.ts'

afterEach(() => vi.unstubAllGlobals())

const PIECE_BYTES = 100_000

/** Takes at most `PIECE_BYTES` in one call, and `room` bytes in all. */
function platform(room: number) {
  const files = new Map<string, Uint8Array>()
  const open = new Set<string>()
  const handleOf = (name: string) => ({
    async createSyncAccessHandle() {
      if (open.has(name)) throw new DOMException('open', 'InvalidStateError')
      open.add(name)
      return {
        getSize: () => files.get(name)!.length,
        read: (target: Uint8Array, { at }: { at: number }) => {
          const part = files.get(name)!.subarray(at, at + target.length)
          target.set(part)
          return part.length
        },
        write: (bytes: Uint8Array, { at }: { at: number }) => {
          const count = Math.min(bytes.length, PIECE_BYTES, room - at)
          const grown = new Uint8Array(Math.max(files.get(name)!.length, at + count))
          grown.set(files.get(name)!)
          grown.set(bytes.subarray(0, count), at)
          files.set(name, grown)
          return count
        },
        truncate: (size: number) => files.set(name, files.get(name)!.slice(0, size)),
        flush() {},
        close: () => open.delete(name),
      }
    },
  })
  const folder = {
    getDirectoryHandle: async () => folder,
    async getFileHandle(name: string, { create }: { create: boolean }) {
      if (!create && !files.has(name)) throw new DOMException('none', 'NotFoundError')
      if (!files.has(name)) files.set(name, new Uint8Array(0))
      return handleOf(name)
    },
    removeEntry: async (name: string) => void files.delete(name),
  }
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folder } })
  return { files, open }
}

const CONTENT = Uint8Array.from({ length: 250_000 }, (_, i) => i % 251)

// The copy had holes, and the file was removed.
it('a copy goes on where the platform took a part', async () => {
  const { files, open } = platform(1e9)
  const directory = await openOpfsDirectory('db', { isLocked: true })
  files.set('from', CONTENT)
  files.set('to', new Uint8Array(300_000))
  await directory.rename('from', 'to')
  expect([...files.keys()]).toEqual(['to'])
  expect(Buffer.compare(files.get('to')!, CONTENT)).toBe(0)
  expect(open.size).toBe(0)
})

it('a file stays when the platform has no room for its copy', async () => {
  const { files, open } = platform(120_000)
  const directory = await openOpfsDirectory('db', { isLocked: true })
  files.set('from', CONTENT)
  await expect(directory.rename('from', 'to')).rejects.toMatchObject({ details: { code: 'ENOSPC' } })
  expect(files.get('from')).toBe(CONTENT)
  expect(open.size).toBe(0)
})

// It could not be opened again until the worker ended.
it('a file is closed when its copy cannot be opened', async () => {
  const { files, open } = platform(1e9)
  const directory = await openOpfsDirectory('db', { isLocked: true })
  files.set('from', CONTENT)
  open.add('to')
  await expect(directory.rename('from', 'to')).rejects.toThrow('open')
  expect([...open]).toEqual(['to'])
})
