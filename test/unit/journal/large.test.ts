// Promise: a log beyond 2 GiB, and beyond 4, is read as a small one is. Its length was taken for a number of 32 bits: after a crash a log
// between the two opened as an empty one, and was cut to nothing; one beyond 4 GiB was damaged, it was said. Here the file only says that it
// is so long: the end of it, all zeros, is preallocated.

import { expect, it } from 'vitest'
import { MemoryDirectory, type StorageFile } from '../../../src/storage/index.ts'
import { get, optionsFor, Partition, upsert } from '../../core/partitions.ts'

const COUNT = 50

/** A directory whose logs end in zeros up to `size`, until they are cut. */
function stretched(storage: MemoryDirectory, size: number): MemoryDirectory {
  const openFile = storage.open.bind(storage)
  storage.open = async (name, options) => {
    const file = await openFile(name, options)
    if (!name.endsWith('.log')) return file
    let end = size
    const long: StorageFile = {
      name,
      size: () => Math.max(end, file.size()),
      read: (position, target) => {
        const got = file.read(position, target)
        const zeros = Math.max(0, Math.min(target.length, end - position) - got)
        target.fill(0, got, got + zeros)
        return got + zeros
      },
      write: (position, bytes) => file.write(position, bytes),
      truncate: (to) => {
        end = to
        file.truncate(to)
      },
      flush: () => file.flush(),
      flushSync: () => file.flushSync(),
      close: () => file.close(),
    }
    return long
  }
  return storage
}

it.each([2 ** 31 + 65_536, 2 ** 32 + 65_536])('a log of %i bytes', async (size) => {
  const storage = new MemoryDirectory()
  const partition = await Partition.create(optionsFor(storage))
  upsert(
    partition,
    Array.from({ length: COUNT }, (_, id) => ({ id })),
  )
  await partition.flush()
  // The process dies here. What it had written is in the directory.
  const [again] = await Partition.openAll([optionsFor(stretched(storage, size))])
  expect(again!.count).toBe(COUNT)
  expect(get(again!, COUNT - 1)).toEqual({ id: COUNT - 1 })
})
