// Promise: a graph comes back from a snapshot link by link as it was, and takes no more of the file than its links; one whose links are
// damaged is built anew.

import { describe, expect, it } from 'vitest'
import { S_GRAPHS } from '../../../src/core/abi.ts'
import { MemoryDirectory } from '../../../src/storage/index.ts'
import { optionsFor, Partition, remove, upsert } from '../../core/partitions.ts'
import { SeededRandom } from '../../crash/simulated-storage.ts'

const DIMENSION = 8
const ROWS = 2_600
const CHUNK_SLOTS = 1_024

const optionsOf = (storage: MemoryDirectory) =>
  optionsFor(storage, { vectors: [{ name: 'v', dimension: DIMENSION, metric: 'l2', index: { quantization: 'int8' } }] })

async function filled(storage: MemoryDirectory, m: number, isChanged: boolean): Promise<Partition> {
  const random = new SeededRandom(m)
  const vector = () => Float32Array.from({ length: DIMENSION }, () => random.below(1_000) - 500)
  const partition = await Partition.create(optionsOf(storage))
  partition.store.graphs.create(0, m, 40)
  upsert(
    partition,
    Array.from({ length: ROWS }, (_, id) => ({ id, v: id % 50 === 7 ? null : vector() })),
  )
  maintain(partition)
  if (!isChanged) return partition
  for (let round = 0; round < 3; round++) {
    remove(
      partition,
      Array.from({ length: 100 }, () => random.below(ROWS)),
    )
    upsert(
      partition,
      Array.from({ length: 200 }, () => ({ id: random.below(ROWS), v: vector() })),
    )
    maintain(partition)
  }
  // Some wait, some of these nodes still.
  upsert(
    partition,
    Array.from({ length: 50 }, (_, i) => ({ id: i * 20, v: vector() })),
  )
  return partition
}

function maintain(partition: Partition): void {
  while (partition.store.graphs.maintain(0, 100) > 0);
}

/** All lists of level 0, and how many links are in them. */
function listsOf({ store: { memory } }: Partition, m: number): { words: Uint32Array; links: number } {
  const directory = memory.state(memory.state(S_GRAPHS)) >>> 2
  const chunks = Array.from({ length: Math.ceil(ROWS / CHUNK_SLOTS) }, (_, chunk) => {
    const at = memory.u32[directory + chunk * 2 + 1]! >>> 2
    return [...memory.u32.slice(at, at + CHUNK_SLOTS * 2 * m)]
  })
  const words = Uint32Array.from(chunks.flat())
  return { words, links: words.filter((word) => word !== 0).length }
}

const figures = ({ store: { graphs } }: Partition) => [graphs.linked(0), graphs.dirty(0), graphs.stale(0)]

const snapshotBytes = async (storage: MemoryDirectory) =>
  (await storage.open('c1.p0.snapshot', { create: false })).size()

describe.each([2, 5, 16])('links of a graph with m = %i', (m) => {
  it.each([false, true])('are the same after reopening, with changes: %s', async (isChanged) => {
    const storage = new MemoryDirectory()
    const first = await filled(storage, m, isChanged)
    const before = { ...listsOf(first, m), figures: figures(first) }
    await first.close()
    const [second] = await Partition.openAll([optionsOf(storage)])
    while (second!.store.graphs.reach(0, 3));
    expect(listsOf(second!, m).words).toEqual(before.words)
    expect(figures(second!)).toEqual(before.figures)
    // What is linked from here on is what would have been linked without closing.
    const other = await filled(new MemoryDirectory(), m, isChanged)
    for (const partition of [second!, other]) {
      upsert(
        partition,
        Array.from({ length: 40 }, (_, i) => ({ id: i * 3, v: new Float32Array(DIMENSION).fill(i) })),
      )
      maintain(partition)
    }
    expect(listsOf(second!, m).words).toEqual(listsOf(other, m).words)
    await second!.close()
  })
})

it.each([false, true])(
  'are what they were while they wait and slots come that need more bits, with changes: %s',
  async (isChanged) => {
    const storage = new MemoryDirectory()
    await (await filled(storage, 16, isChanged)).close()
    const [opened] = await Partition.openAll([optionsOf(storage)])
    const other = await filled(new MemoryDirectory(), 16, isChanged)
    for (const partition of [opened!, other]) {
      upsert(
        partition,
        Array.from({ length: 2_000 }, (_, i) => ({ id: 10_000 + i, v: new Float32Array(DIMENSION).fill(i) })),
      )
      remove(partition, [1, 2, 3])
      maintain(partition)
    }
    expect(listsOf(opened!, 16)).toEqual(listsOf(other, 16))
    await opened!.close()
  },
)

it('take 12 bits, and 4 more once nodes have left', async () => {
  for (const [isChanged, bits] of [
    [false, 12],
    [true, 16],
  ] as const) {
    const storage = new MemoryDirectory()
    const partition = await filled(storage, 20, isChanged)
    const { links } = listsOf(partition, 20)
    await partition.close()
    const [opened] = await Partition.openAll([optionsOf(storage)])
    const pieces = [...opened!.store.graphs.packed()].map(({ length }) => length)
    const bytes = pieces.reduce((sum, length) => sum + length, 0)
    // Six bits tell the length of a list; a piece has a head of eight bytes.
    expect(bytes).toBeLessThan((links * bits + 3 * CHUNK_SLOTS * 6) / 8 + pieces.length * 9)
    await opened!.close()
  }
})

it('are worth nothing when the file is cut, lengthened, or damaged in them: the graph waits to be built', async () => {
  const storage = new MemoryDirectory()
  await (await filled(storage, 16, true)).close()
  const size = await snapshotBytes(storage)
  const file = await storage.open('c1.p0.snapshot', { create: false })
  const whole = new Uint8Array(size)
  file.read(0, whole)
  const isRestored = async (bytes: Uint8Array): Promise<boolean> => {
    file.truncate(0)
    file.write(0, bytes)
    const [partition] = await Partition.openAll([optionsOf(storage)])
    expect(partition!.count).toBeGreaterThan(2_000)
    return partition!.store.graphs.has(0)
  }
  expect(await isRestored(whole)).toBe(true)
  for (const end of [size - 1, size - 8, size - 5_000]) expect(await isRestored(whole.slice(0, end))).toBe(false)
  const longer = new Uint8Array(size + 1)
  longer.set(whole)
  expect(await isRestored(longer)).toBe(false)
  for (let at = size - 90_000; at < size; at += 4_999) {
    expect(await isRestored(whole.map((byte, i) => (i === at ? byte ^ 16 : byte)))).toBe(false)
  }
})
