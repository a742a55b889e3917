// Promise: files of format version 1 are read for ever, and what is written today is version 1. Held with files made when the version was
// fixed (fixtures/v1, made by write-fixtures.mjs): read by the engine, document by document; taken apart by a reader of its own; and
// compared, byte by byte but for random seeds and what follows from them, with what the same operations write now.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { Store } from '../../src/core/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { expectStored } from '../core/exact.ts'
import { all, get, type Key, Partition, PutMode } from '../core/partitions.ts'
import { FIRST, optionsOf, SECOND, STEMS, writeGolden } from './golden-documents.ts'
import { type Block, namesOf, parseLog, parseSnapshot, slotOf } from './parse.ts'

const FOLDER = join(import.meta.dirname, 'fixtures/v1')
type Files = Map<string, Uint8Array>

const golden: Files = new Map()
const fresh: Files = new Map()

beforeAll(async () => {
  for (const name of readdirSync(FOLDER))
    golden.set(name.replace(/\.gz$/, ''), new Uint8Array(gunzipSync(readFileSync(join(FOLDER, name)))))
  const storage = new MemoryDirectory()
  await writeGolden(storage)
  for (const name of await storage.list()) {
    const file = await storage.open(name, { create: false })
    const bytes = new Uint8Array(file.size())
    file.read(0, bytes)
    fresh.set(name, bytes)
  }
})

async function directoryOf(files: Files): Promise<MemoryDirectory> {
  const storage = new MemoryDirectory()
  for (const [name, bytes] of files) (await storage.open(name, { create: true })).write(0, bytes)
  return storage
}

function expectDocuments(partition: Partition, documents: readonly Record<string, unknown>[]): void {
  expect(partition.count).toBe(documents.length)
  for (const document of documents) expectStored(document, get(partition, document['id'] as Key))
  expect(all(partition).length).toBe(documents.length)
}

describe('golden files of version 1', () => {
  it('are read, from their snapshots and without', async () => {
    const without = new Map([...golden].filter(([name]) => !name.endsWith('.snapshot')))
    for (const files of [golden, without]) {
      const storage = await directoryOf(files)
      const [first, second] = await Partition.openAll(optionsOf(storage))
      expect([...first!.repairs, ...second!.repairs]).toEqual([])
      expectDocuments(first!, FIRST)
      expectDocuments(second!, SECOND)
      // And written on.
      const batch = first!.begin()
      batch.put({ id: 'new', constructor: 'of today' }, PutMode.Insert)
      batch.remove('scalars')
      // The scalars of a snapshot may be those of the midst of a batch.
      expect([batch.inserted, batch.replaced, batch.deleted]).toEqual([1, 0, 1])
      batch.commit({ hard: true })
      await first!.close()
      await second!.close()
      const [again] = await Partition.openAll(optionsOf(storage))
      expectDocuments(again!, [...FIRST.filter(({ id }) => id !== 'scalars'), { id: 'new', constructor: 'of today' }])
    }
  })
})

describe('the index that lies in a snapshot', () => {
  const isRestored = async (files: Files) => {
    const [first] = await Partition.openAll(optionsOf(await directoryOf(files)))
    // Its seed is in the snapshot; an index that is built anew has one of its own.
    const seed = files.get('c1.p0.snapshot')!.slice(64 + 24, 64 + 40)
    return Buffer.compare(first!.store.stateBytes.subarray(24, 40), seed) === 0
  }

  it('is restored', async () => {
    expect(await isRestored(fresh)).toBe(true)
  })

  it('is built anew where the layout of structures is an earlier one', async () => {
    expect(new DataView(golden.get('c1.p0.snapshot')!.buffer).getUint32(16, true)).toBeLessThan(Store.layoutVersion)
    expect(await isRestored(golden)).toBe(false)
  })
})

describe('both golden and fresh files', () => {
  for (const [name, files] of [
    ['golden', golden],
    ['fresh', fresh],
  ] as const) {
    it(`are as docs/format.md says (${name})`, () => {
      expect([...files.keys()].sort()).toEqual(['c1.p0.2.log', 'c1.p0.snapshot', 'c1.p1.1.log', 'c1.p1.snapshot'])
      const logs = [parseLog(files.get('c1.p0.2.log')!), parseLog(files.get('c1.p1.1.log')!)]
      expect(logs.map(({ head }) => head)).toEqual([
        { version: 1, generation: 2, settled: 0, isComplete: true },
        { version: 1, generation: 1, settled: 0, isComplete: true },
      ])
      for (const { rest } of logs) expect(rest.length).toBe(0)
      for (const { blocks } of logs) {
        const shapes = new Map<number, string[][]>()
        for (const block of blocks.filter(({ kind }) => kind === 'shape')) {
          const { id, names } = namesOf(block)
          shapes.set(id, [...(shapes.get(id) ?? []), names])
        }
        // Each shape stands in the log twice, but for those that the last batch brought.
        const counts = [...shapes.values()].map((copies) => copies.length)
        expect(counts.filter((count) => count < 2).length).toBeLessThanOrEqual(1)
        for (const copies of shapes.values()) for (const copy of copies) expect(copy).toEqual(copies[0])
        for (const { kind, bytes } of blocks)
          if (kind === 'deletion') expect([bytes.length, ...bytes.subarray(8)]).toEqual([16, ...Array(8).fill(0)])
      }
      // The batch of 30 documents of 40 KB takes several frames, the transaction one in each log.
      expect(
        logs[1]!.blocks.filter(({ kind, flags }) => kind === 'frame' && (flags & 5) !== 0).map(({ flags }) => flags),
      ).toEqual([1, 5, 4])
      for (const { blocks } of logs) {
        expect(blocks.filter(({ kind }) => kind === 'transaction').length).toBe(1)
        expect(blocks.filter(({ kind, flags }) => kind === 'frame' && (flags & 2) !== 0).length).toBe(1)
      }
      for (const [i, stem] of STEMS.entries()) {
        const snapshot = parseSnapshot(files.get(`${stem}.snapshot`)!)
        const log = files.get(i === 0 ? 'c1.p0.2.log' : 'c1.p1.1.log')!
        expect(snapshot.version).toBe(1)
        expect(snapshot.coveredBytes).toBe(log.length)
        expect(snapshot.logSeed).toBe(new DataView(log.buffer, log.byteOffset).getBigUint64(16, true))
        expect(snapshot.pages.length > 0).toBe(i === 0)
      }
    })
  }
})

it('writes today what it wrote then', () => {
  for (const name of ['c1.p0.2.log', 'c1.p1.1.log']) {
    const [then, now] = [parseLog(golden.get(name)!), parseLog(fresh.get(name)!)]
    const show = ({ kind, flags, offset, bytes }: Block) => {
      const what =
        kind === 'shape'
          ? namesOf({ kind, flags, offset, bytes }).names.join()
          : kind === 'record' || kind === 'deletion'
            ? slotOf({ kind, flags, offset, bytes })
            : ''
      return `${offset} ${kind} ${flags} ${bytes.length} ${what}`
    }
    expect(now.blocks.map(show)).toEqual(then.blocks.map(show))
    then.blocks.forEach((block, i) => {
      expect(Buffer.compare(block.bytes, now.blocks[i]!.bytes), show(block)).toBe(0)
    })
  }
})
