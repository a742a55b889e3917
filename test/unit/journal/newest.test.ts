// Promise: a log that a later version of quiverdb has written is refused and stays, and so is one whose head cannot be read, even if an older
// generation is beside it: to fall back on that would lose what was written since, and to remove the newer one would lose it for good.

import { describe, expect, it, vi } from 'vitest'
import { FormatVersionError, HostError } from '../../../src/error/index.ts'
import { MemoryDirectory } from '../../../src/storage/index.ts'
import { get, optionsFor, Partition, upsert } from '../../core/partitions.ts'

const COPY_BYTES = 64
const CHECKSUM = 56

async function read(storage: MemoryDirectory, name: string): Promise<Uint8Array> {
  const file = await storage.open(name, { create: false })
  const bytes = new Uint8Array(file.size())
  file.read(0, bytes)
  file.close()
  return bytes
}

async function write(storage: MemoryDirectory, name: string, bytes: Uint8Array): Promise<void> {
  const file = await storage.open(name, { create: true })
  file.write(0, bytes)
  file.close()
}

/** Generation 2, which says it is of version 2, with generation 1 beside it as a crash leaves it. */
async function ofLaterVersion(): Promise<MemoryDirectory> {
  const storage = new MemoryDirectory()
  const partition = await Partition.create(optionsFor(storage))
  upsert(partition, [{ id: 1 }])
  await partition.flush()
  const first = await read(storage, 'c1.p0.1.log')
  await partition.compact()
  upsert(partition, [{ id: 2 }])
  await partition.flush()
  const head = (await read(storage, 'c1.p0.2.log')).slice(0, COPY_BYTES)
  const view = new DataView(head.buffer)
  view.setUint32(8, 2, true)
  view.setBigUint64(CHECKSUM, partition.store.hashBytes(head.subarray(0, CHECKSUM), 0n), true)
  await partition.close()
  await write(storage, 'c1.p0.2.log', new Uint8Array([...head, ...head]))
  await write(storage, 'c1.p0.1.log', first)
  return storage
}

describe('a log of a later version', () => {
  for (const repair of [false, true]) {
    it(`is refused and stays${repair ? ', by a repair, too' : ''}`, async () => {
      const storage = await ofLaterVersion()
      const before = (await storage.list()).sort()
      expect(before).toEqual(expect.arrayContaining(['c1.p0.1.log', 'c1.p0.2.log']))
      await expect(Partition.openAll([optionsFor(storage, { repair })])).rejects.toThrow(FormatVersionError)
      expect((await storage.list()).sort()).toEqual(before)
      // What it was is untouched: without the later one the older opens as ever.
      await storage.remove('c1.p0.2.log')
      const [older] = await Partition.openAll([optionsFor(storage)])
      expect(get(older!, 1)).toEqual({ id: 1 })
    })
  }
})

describe('a log that cannot be read', () => {
  it('is not passed over for an older one', async () => {
    const storage = await ofLaterVersion()
    const open = storage.open.bind(storage)
    vi.spyOn(storage, 'open').mockImplementation(async (name, options) => {
      const file = await open(name, options)
      if (name !== 'c1.p0.2.log') return file
      vi.spyOn(file, 'read').mockImplementation(() => {
        throw new HostError('read of c1.p0.2.log failed: EIO: i/o error', { details: { code: 'EIO' } })
      })
      return file
    })
    const before = (await storage.list()).sort()
    for (const repair of [false, true]) {
      await expect(Partition.openAll([optionsFor(storage, { repair })])).rejects.toThrow(HostError)
    }
    expect((await storage.list()).sort()).toEqual(before)
  })
})

// The older generation, by which it was still read, goes with the first opening.
describe('a head of which one copy is torn', () => {
  it.each([0, 1])('is whole again once its log was opened (copy %i)', async (copy) => {
    const storage = new MemoryDirectory()
    const partition = await Partition.create(optionsFor(storage))
    upsert(partition, [{ id: 1 }])
    await partition.flush()
    const first = await read(storage, 'c1.p0.1.log')
    await partition.compact()
    await partition.close()
    const second = await read(storage, 'c1.p0.2.log')
    second.fill(0, copy * COPY_BYTES + 8, copy * COPY_BYTES + COPY_BYTES)
    await write(storage, 'c1.p0.1.log', first)
    await write(storage, 'c1.p0.2.log', second)
    for (let round = 0; round < 2; round++) {
      const [opened] = await Partition.openAll([optionsFor(storage)])
      expect(get(opened!, 1)).toEqual({ id: 1 })
      await opened!.close()
      expect((await storage.list()).filter((name) => name.endsWith('.log'))).toEqual(['c1.p0.2.log'])
    }
  })

  it.each([0, 1])('is damage where there is no other log, and a repair says so (copy %i)', async (copy) => {
    const storage = new MemoryDirectory()
    const partition = await Partition.create(optionsFor(storage))
    upsert(partition, [{ id: 1 }])
    await partition.close()
    const bytes = await read(storage, 'c1.p0.1.log')
    bytes.fill(0, copy * COPY_BYTES + 8, copy * COPY_BYTES + COPY_BYTES)
    await write(storage, 'c1.p0.1.log', bytes)
    await expect(Partition.openAll([optionsFor(storage)])).rejects.toThrow('the checksum of its head is wrong')
    const [repaired] = await Partition.openAll([optionsFor(storage, { repair: true })])
    expect(repaired!.repairs).toMatchObject([{ file: 'c1.p0.1.log', reason: 'one copy of its head' }])
    expect(get(repaired!, 1)).toEqual({ id: 1 })
    await repaired!.close()
  })
})
