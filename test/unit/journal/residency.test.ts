// Promise: a large log that was read through when it was opened answers as if its records had been read then: single documents, scans,
// writes, compactions, indexes made later, closings. What a read needs is read for it, the rest meanwhile or when something needs all of
// it; a read that fails is told to who needs it and may be tried again; what is not there any more as it was is damage.

import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/core/index.ts'
import { ClosedError, CorruptError, HostError, LimitError, TypeMismatchError } from '../../../src/error/index.ts'
import { parsePath } from '../../../src/query/filters.ts'
import { MemoryDirectory, type StorageDirectory, type StorageFile } from '../../../src/storage/index.ts'
import {
  all,
  CollectionShapes,
  get,
  type Overrides,
  optionsFor,
  Partition,
  remove,
  upsert,
} from '../../core/partitions.ts'
import { expectSound } from '../../core/store-sound.ts'

const COUNT = 4_000
const BATCH = 100
const documentOf = (id: number, version = 0) => ({
  id,
  version,
  text: `${id}-`.repeat(60),
  [`f${id % 7}`]: { at: [id, version] },
})
const keyOf = (id: number) => id

/** Counts what is read of logs, and fails when told to. */
class Watched {
  bytes = 0
  fails = false
  readonly directory: StorageDirectory

  constructor(inner: StorageDirectory) {
    const watched = this
    const wrap = (file: StorageFile): StorageFile =>
      new Proxy(file, {
        get(target, name) {
          if (name === 'read' && target.name.endsWith('.log')) {
            return (position: number, into: Uint8Array) => {
              if (watched.fails)
                throw new HostError(`read of ${target.name} failed: EIO`, {
                  details: { operation: 'read', code: 'EIO' },
                })
              watched.bytes += into.length
              return target.read(position, into)
            }
          }
          const value = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    this.directory = new Proxy(inner, {
      get(target, name) {
        if (name === 'open') {
          return async (file: string, options: { create: boolean }) => wrap(await target.open(file, options))
        }
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

class Scene {
  readonly watched: Watched
  readonly model = new Map<number, number>()
  readonly extra: Overrides
  logBytes = 0

  constructor(extra: Overrides) {
    this.watched = new Watched(new MemoryDirectory())
    this.extra = extra
  }

  /** A log of a few hundred KB in which a quarter is dead, closed. */
  static async make(extra: Overrides = {}): Promise<Scene> {
    const scene = new Scene(extra)
    const partition = await Partition.create(scene.options())
    for (let from = 0; from < COUNT; from += BATCH)
      scene.put(
        partition,
        Array.from({ length: BATCH }, (_, i) => from + i),
        0,
      )
    scene.put(
      partition,
      Array.from({ length: COUNT / 10 }, (_, i) => i * 7 + 3),
      1,
    )
    const gone = Array.from({ length: COUNT / 10 }, (_, i) => i * 9)
    remove(partition, gone)
    for (const id of gone) scene.model.delete(id)
    // Slots of the deleted are used again, by keys that were not there.
    scene.put(
      partition,
      Array.from({ length: COUNT / 20 }, (_, i) => COUNT + i),
      2,
    )
    scene.logBytes = partition.logPosition
    await partition.close()
    return scene
  }

  /** A log of 3 MB in which everything is as it was written first, closed. */
  static async ofFirstVersions(): Promise<Scene> {
    const scene = new Scene({})
    const partition = await Partition.create(scene.options())
    const count = 2 * COUNT
    for (let from = 0; from < count; from += BATCH)
      scene.put(
        partition,
        Array.from({ length: BATCH }, (_, i) => from + i),
        0,
      )
    scene.logBytes = partition.logPosition
    await partition.close()
    return scene
  }

  put(partition: Partition, ids: readonly number[], version: number): void {
    upsert(
      partition,
      ids.map((id) => documentOf(id, version)),
    )
    for (const id of ids) this.model.set(id, version)
  }

  options(over: Overrides = {}) {
    const shapes = new CollectionShapes('id')
    return optionsFor(this.watched.directory, { shapes, isPlain: true, passageBytesMin: 1, ...this.extra, ...over })
  }

  async open(over: Overrides = {}): Promise<Partition> {
    const [partition] = await Partition.openAll([this.options(over)])
    this.watched.bytes = 0
    return partition!
  }

  /** How much has been read when reading on by itself has ended, however slow the machine is. */
  async restingBytes(): Promise<number> {
    let before = -1
    for (let quiet = 0; quiet < 3 || this.watched.bytes < this.logBytes * 0.9; quiet++) {
      if (this.watched.bytes !== before) quiet = 0
      before = this.watched.bytes
      await idle(20)
    }
    return before
  }

  expectSame(partition: Partition): void {
    expect(partition.count).toBe(this.model.size)
    for (const [id, version] of this.model) expect(get(partition, keyOf(id))).toEqual(documentOf(id, version))
    expect(all(partition).length).toBe(this.model.size)
    expectSound(partition)
  }
}

const idle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

for (const [name, extra] of [
  ['whose index is built', {}],
  ['whose index is in the snapshot', { buildDocumentsMax: 0 }],
] as const) {
  describe(`a log that was read through, ${name}`, () => {
    it('gives a document for the frames that hold it, and tells of one that is missing without any', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      const before = partition.stats()
      expect(before.documents).toBe(scene.model.size)
      expect(get(partition, 1_000_000)).toBeUndefined()
      expect(get(partition, 0)).toBeUndefined()
      expect(scene.watched.bytes).toBe(0)
      expect(get(partition, 1234)).toEqual(documentOf(1234, scene.model.get(1234)))
      const once = scene.watched.bytes
      expect(once).toBeGreaterThan(0)
      expect(once).toBeLessThan(scene.logBytes / 4)
      expect(get(partition, 1234)).toEqual(documentOf(1234, scene.model.get(1234)))
      expect(scene.watched.bytes).toBe(once)
      scene.expectSame(partition)
      // Each byte once.
      expect(scene.watched.bytes).toBeLessThanOrEqual(scene.logBytes)
      expect(partition.stats().bytes).toBe(before.bytes)
      await partition.close()
    })

    it('finds keys before its index stands, and when it does, wherever they lie', async () => {
      const scene = await Scene.make(extra)
      const ids = [...scene.model.keys()]
      for (let round = 0; round < 12; round++) {
        const partition = await scene.open()
        // The first records lie where hashes are kept until then; some keys are not there.
        for (let i = 0; i < 12; i++) {
          const id = i % 4 === 3 ? -1 - i : ids[(round * 97 + i * i * 31 * (round % 3)) % ids.length]!
          const version = scene.model.get(id)
          expect(get(partition, id)).toEqual(version === undefined ? undefined : documentOf(id, version))
          if (round === i) expect(all(partition).length).toBe(scene.model.size)
        }
        expect(() => partition.find({} as never)).toThrow(TypeMismatchError)
        scene.expectSame(partition)
        await partition.close()
      }
    })

    it('frees what is no record: as much as when it is read in place', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      const inPlace = await scene.open({ passageBytesMin: 2 ** 40 })
      const grown = (one: Partition) => {
        const bytes = one.store.memory.bytes()
        const ids = Array.from({ length: COUNT / 10 }, (_, i) => 100_000 + i)
        upsert(
          one,
          ids.map((id) => documentOf(id)),
        )
        expectSound(one)
        return one.store.memory.bytes() - bytes
      }
      expect(grown(partition)).toBeLessThanOrEqual(grown(inPlace))
    })

    it('takes writes, compactions and openings from there', async () => {
      const scene = await Scene.make(extra)
      let partition = await scene.open()
      for (let round = 0; round < 4; round++) {
        if (round % 2 === 0) get(partition, 77)
        scene.put(
          partition,
          Array.from({ length: 300 }, (_, i) => i * 13 + round),
          10 + round,
        )
        remove(partition, [round, 500 + round])
        scene.model.delete(round)
        scene.model.delete(500 + round)
        if (round === 2) await partition.compact()
        scene.expectSame(partition)
        await partition.close()
        partition = await scene.open()
      }
      await partition.compact()
      scene.expectSame(partition)
      await partition.close()
    })

    it('is indexed and filtered like any other', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      await partition.derive()
      const { ordered } = partition.store
      ordered.create({ id: 1, fields: [parsePath('version')], isUnique: false, isMulti: false })
      while (!ordered.build(1, 1_000)) {
        // In pieces.
      }
      expect(ordered.entries(1)).toBe(scene.model.size)
      scene.expectSame(partition)
    })

    it('reads the rest while nobody asks, and nothing after it was closed', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      const read = await scene.restingBytes()
      expect(read).toBeGreaterThan(scene.logBytes * 0.9)
      scene.expectSame(partition)
      expect(scene.watched.bytes).toBe(read)
      await partition.close()
      const again = await scene.open()
      expect(get(again, 1)).toEqual(documentOf(1, scene.model.get(1)))
      const some = scene.watched.bytes
      await again.close()
      await idle(30)
      // Nor to close what was only read.
      expect(scene.watched.bytes).toBe(some)
      expect(() => all(again)).toThrow(ClosedError)
    })

    it('tells who needs it that a read failed, and reads it when asked again', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      scene.watched.fails = true
      expect(() => get(partition, 2)).toThrow(HostError)
      expect(() => all(partition)).toThrow(HostError)
      expect(() => partition.begin()).toThrow(HostError)
      // Reading on by itself has failed meanwhile.
      await idle(20)
      expect(partition.count).toBe(scene.model.size)
      scene.watched.fails = false
      expect(get(partition, 2)).toEqual(documentOf(2, scene.model.get(2)))
      scene.put(partition, [2], 5)
      scene.expectSame(partition)
      await partition.close()
    })

    it('is damaged where it is not what was checked', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open()
      const file = await scene.watched.directory.open('c1.p0.1.log', { create: false })
      file.write(scene.logBytes >>> 1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
      expect(() => all(partition)).toThrow(CorruptError)
      expect(() => all(partition)).toThrow(/c1\.p0\.1\.log is damaged at byte \d+/)
      // What is whole is there.
      expect(get(partition, 1)).toEqual(documentOf(1, scene.model.get(1)))
    })

    it('is opened read-only the same way', async () => {
      const scene = await Scene.make(extra)
      const partition = await scene.open({ readOnly: true })
      expect(get(partition, 5)).toEqual(documentOf(5, scene.model.get(5)))
      expect(scene.watched.bytes).toBeLessThan(scene.logBytes / 4)
      scene.expectSame(partition)
      await partition.close()
    })
  })
}

/** What a cursor does: the documents in the order of their slots, `between` called after each step. */
async function seen(partition: Partition, count: number, between?: (step: number) => unknown): Promise<unknown[]> {
  const documents: never[] = []
  const addresses = new Uint32Array(count)
  let step = 0
  for (let slot = 0; slot >= 0; step++) {
    const found = partition.bare.scan(slot, addresses)
    partition.readMany(addresses, found.count, documents)
    slot = found.next
    await between?.(step)
  }
  return documents
}

describe('the memory of a log that was read through', () => {
  const memoryOf = (partition: Partition) => (partition as unknown as { bare: Store }).bare.memory

  async function large(): Promise<Scene> {
    const scene = new Scene({})
    const partition = await Partition.create(scene.options())
    for (let from = 0; from < COUNT; from += BATCH) {
      upsert(
        partition,
        Array.from({ length: BATCH }, (_, i) => ({ id: from + i, text: `${from + i}`.repeat(1200) })),
      )
    }
    scene.logBytes = partition.logPosition
    await partition.close()
    return scene
  }

  const textOf = (partition: Partition, id: number) => get(partition, id)?.text

  it('reaches a record when it is read, and all of them when something needs them', async () => {
    const scene = await large()
    const partition = await scene.open()
    const memory = memoryOf(partition)
    const opened = memory.bytes()
    expect(opened).toBeLessThan(scene.logBytes / 2)
    expect(await seen(partition, 256)).toHaveLength(COUNT)
    expect(textOf(partition, 0)).toBe('0'.repeat(1200))
    expect(memory.bytes()).toBe(opened)
    const last = `${COUNT - 1}`.repeat(1200)
    expect(textOf(partition, COUNT - 1)).toBe(last)
    expect(memory.bytes()).toBeGreaterThan(scene.logBytes)
    upsert(partition, [{ id: 5 }, { id: COUNT }])
    expect(all(partition)).toHaveLength(COUNT + 1)
    expectSound(partition)
  })

  it('is told of as exhausted when the platform refuses it, and nothing is lost', async () => {
    const scene = await large()
    const partition = await scene.open()
    const memory = memoryOf(partition) as { core: object }
    const { core } = memory
    memory.core = Object.create(core, { store_log_reach: { value: () => 0 } })
    expect(() => get(partition, COUNT - 1)).toThrow(LimitError)
    expect(() => all(partition)).toThrow(LimitError)
    expect(() => partition.begin()).toThrow(LimitError)
    memory.core = core
    expect(textOf(partition, COUNT - 1)).toBe(`${COUNT - 1}`.repeat(1200))
    upsert(partition, [{ id: 5 }, { id: COUNT }])
    expect(all(partition)).toHaveLength(COUNT + 1)
    expectSound(partition)
    await partition.close()
    expect(all(await scene.open())).toHaveLength(COUNT + 1)
  })
})

describe('a scan of a log that was read through', () => {
  const contents = (scene: Scene) => [...scene.model].map(([id, version]) => documentOf(id, version))

  it('sees each piece once, in the order of the slots, and leaves the rest as it was', async () => {
    const scene = await Scene.ofFirstVersions()
    const partition = await scene.open()
    const { bytes } = partition.stats()
    expect(await seen(partition, 256)).toEqual(contents(scene))
    expect(scene.watched.bytes).toBeGreaterThan(scene.logBytes * 0.9)
    expect(scene.watched.bytes).toBeLessThan(scene.logBytes * 1.15)
    expect(get(partition, 4321)).toEqual(documentOf(4321))
    expect(await seen(partition, 256)).toEqual(contents(scene))
    scene.expectSame(partition)
    expect(partition.stats().bytes).toBe(bytes)
    await partition.close()
    const again = await scene.open()
    scene.expectSame(again)
  })

  it('reads no more than it is asked for', async () => {
    const scene = await Scene.ofFirstVersions()
    const partition = await scene.open()
    const addresses = new Uint32Array(16)
    for (let round = 0; round < 3; round++) {
      const documents: never[] = []
      partition.readMany(addresses, partition.bare.scan(0, addresses).count, documents)
      expect(documents).toEqual(contents(scene).slice(0, 16))
      expect(scene.watched.bytes).toBeLessThan(1_100_000)
    }
  })

  it('takes what was looked up from where it is', async () => {
    const scene = await Scene.ofFirstVersions()
    const partition = await scene.open()
    const found = Uint32Array.of(partition.find(6_000), partition.find(12), partition.find(3_000))
    const read = scene.watched.bytes
    const documents: never[] = []
    partition.readMany(found, 3, documents)
    expect(documents).toEqual([documentOf(6_000), documentOf(12), documentOf(3_000)])
    expect(scene.watched.bytes).toBe(read)
    expect(read).toBeLessThan(scene.logBytes / 4)
  })

  it('gives what is there when others write, read and rest meanwhile, and where records lie scattered', async () => {
    const scattered = await Scene.make()
    const open = await scattered.open()
    const documents = (await seen(open, 100)) as { id: number }[]
    expect(documents.sort((a, b) => a.id - b.id)).toEqual(contents(scattered).sort((a, b) => a.id - b.id))
    scattered.expectSame(open)

    for (const at of [0, 3, 20]) {
      const scene = await Scene.ofFirstVersions()
      const partition = await scene.open()
      const before = contents(scene)
      const found = await seen(partition, 256, async (step) => {
        if (step === at) get(partition, 7_777)
        if (step === at + 1) await idle(step === 1 ? 100 : 8)
        // Behind what was seen, and before it.
        if (step === at + 2) scene.put(partition, [1, 7_000], 1)
      })
      before[7_000] = documentOf(7_000, 1)
      expect(found).toEqual(before)
      scene.expectSame(partition)
      await partition.close()
    }
  })

  it('tells that a read failed and goes on when asked again; what is not there any more is damage', async () => {
    const scene = await Scene.ofFirstVersions()
    const partition = await scene.open()
    const failing = seen(partition, 256, (step) => {
      scene.watched.fails = step >= 1
    })
    await expect(failing).rejects.toThrow(HostError)
    scene.watched.fails = false
    expect(await seen(partition, 256)).toEqual(contents(scene))
    await partition.close()

    const damaged = await scene.open()
    const file = await scene.watched.directory.open('c1.p0.1.log', { create: false })
    file.write(scene.logBytes >>> 1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
    await expect(seen(damaged, 256)).rejects.toThrow(CorruptError)
    await expect(seen(damaged, 256)).rejects.toThrow(/c1\.p0\.1\.log is damaged at byte \d+/)
    await damaged.close()
    await expect(seen(damaged, 256)).rejects.toThrow(ClosedError)
  })
})

describe('a log that is not for that', () => {
  it('is read in place when it is small', async () => {
    const scene = await Scene.make({ passageBytesMin: 2 ** 22 })
    const partition = await scene.open()
    scene.expectSame(partition)
    expect(scene.watched.bytes).toBe(0)
  })

  it('is read in place when slots are so sparse that they cannot be noted', async () => {
    const scene = await Scene.make()
    const partition = await scene.open()
    // The last slots stay, of many.
    const gone = [...scene.model.keys()].filter((id) => id < COUNT - 10 || id >= COUNT)
    remove(partition, gone)
    for (const id of gone) scene.model.delete(id)
    await partition.compact()
    await partition.close()
    const again = await scene.open()
    scene.expectSame(again)
    expect(scene.watched.bytes).toBe(0)
    await again.close()
  })
})
