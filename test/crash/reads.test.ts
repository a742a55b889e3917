// Promise: a read of the medium that fails while a database is opened makes the opening fail, or changes nothing. What cannot be read for
// now is neither absent nor damaged: nothing is removed, cut or put aside for that, and the next opening finds what this one would have.

import { expect, it } from 'vitest'
import { type MediumOptions, openDatabase } from '../../src/engine/index.ts'
import { CorruptError, HostError } from '../../src/error/index.ts'
import type { StorageDirectory, StorageFile } from '../../src/storage/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

interface Left {
  readonly medium: SimulatedMedium
  readonly options: Partial<MediumOptions>
}

const LOG = 'c1.p0.1.log'
const documents = (count: number) => Array.from({ length: count }, (_, id) => ({ id }))

async function written(isClosed = true): Promise<{ medium: SimulatedMedium; older: Uint8Array }> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('posts')).insert(documents(20))
  const older = medium.bytes('catalog')
  await (await db.createCollection('late')).insert(documents(5))
  if (isClosed) await db.close()
  return { medium, older }
}

const LEFT: Record<string, () => Promise<Left>> = {
  // Read as none, the second copy let the files be removed of collections that the old catalog lacks.
  'a catalog from an older copy': async () => {
    const { medium, older } = await written()
    return { medium: medium.put('catalog', older), options: {} }
  },
  'a catalog from an older copy, repaired': async () => {
    const { medium, older } = await written()
    return { medium: medium.put('catalog', older), options: { repair: true } }
  },
  // Read as none, the snapshot let an empty log count as whole.
  'a log without its end': async () => {
    const { medium } = await written()
    return { medium: medium.put(LOG, medium.bytes(LOG).subarray(0, 128)), options: {} }
  },
  // Read as none, the snapshot did not give its seed: the documents were put aside.
  'a log without its head': async () => {
    const { medium } = await written()
    for (const copy of [0, 64]) medium.flipBit(LOG, copy + 20, 0)
    return { medium, options: { repair: true } }
  },
  'a database that is whole, repaired': async () => ({ medium: (await written()).medium, options: { repair: true } }),
  'what a process that died left': async () => ({ medium: (await written(false)).medium, options: {} }),
}

/** The medium, with read number `at` failing: a listing, an opening of a file, or a read of it. */
function failing(medium: SimulatedMedium, at: number, isShort: boolean) {
  const storage: StorageDirectory = medium.reopen()
  const reads = { count: 0, ofLog: new Set<number>(), open: new Set<StorageFile>() }
  /** Whether the read is to be cut short; throws if it is to fail. */
  const step = (what: string): boolean => {
    if (++reads.count !== at) return false
    if (isShort) return true
    throw new HostError(`${what} failed`, { details: { code: 'EIO' } })
  }
  const { list, open } = { list: storage.list.bind(storage), open: storage.open.bind(storage) }
  storage.list = () => {
    step('a listing')
    return list()
  }
  storage.open = async (name, options) => {
    if (!options.create) step(`opening ${name}`)
    const file = await open(name, options)
    const { read, close } = { read: file.read.bind(file), close: file.close.bind(file) }
    reads.open.add(file)
    file.close = () => {
      reads.open.delete(file)
      close()
    }
    file.read = (position, target) => {
      const isCut = step(`reading ${name}`)
      if (name === LOG && position > 0) reads.ofLog.add(reads.count)
      return read(position, isCut ? target.subarray(0, target.length >> 1) : target)
    }
    return file
  }
  return { storage, reads }
}

/** What an opening finds and says, or why it is refused. */
async function outcomeOf(
  storage: StorageDirectory,
  options: Partial<MediumOptions>,
): Promise<{ found: unknown; said?: unknown } | 'failed'> {
  try {
    const db = await openDatabase({ storage, ...options })
    const said = db.repairs
    const found: unknown[] = []
    for (const { name } of await db.collections()) found.push([name, await db.collection(name).find().toArray()])
    await db.close()
    return { found, said }
  } catch (error) {
    if (error instanceof HostError) return 'failed'
    expect(error).toBeInstanceOf(CorruptError)
    return { found: (error as CorruptError).message }
  }
}

it.each(Object.keys(LEFT))('holds for each read of an opening: %s', async (name) => {
  const { medium: left, options } = await LEFT[name]!()
  const { storage, reads: all } = failing(left.clone(), 0, false)
  const wanted = await outcomeOf(storage, options)
  if (wanted === 'failed') throw new Error('it fails without a failure')
  let failures = 0
  for (let at = 1; at <= all.count; at++) {
    for (const isShort of all.ofLog.has(at) ? [false, true] : [false]) {
      const medium = left.clone()
      const { storage, reads } = failing(medium, at, isShort)
      const outcome = await outcomeOf(storage, options)
      const where = `read ${at}${isShort ? ', cut short' : ''}`
      if (outcome === 'failed') failures++
      else expect(outcome, where).toEqual(wanted)
      expect(
        [...reads.open].map((file) => file.name),
        where,
      ).toEqual([])
      expect(await outcomeOf(medium.reopen(), options), `after ${where}`).toMatchObject({ found: wanted.found })
    }
  }
  expect(failures).toBeGreaterThan(5)
})
