// Promise: what a graph is depends on the writes and their order alone, and not on when the background came to them: link by link, in memory and in the
// snapshot, and so do the answers of searches.

import { expect, it } from 'vitest'
import { FlatSearch } from '../../src/core/derived/index.ts'
import type { VectorField } from '../../src/core/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { graphImage } from '../core/graph-image.ts'
import { optionsFor, Partition, PutMode } from '../core/partitions.ts'
import { settings } from '../core/values.ts'
import { SeededRandom } from '../crash/simulated-storage.ts'
import fc from '../property.ts'

const DIMENSION = 6
const M = 3

const FIELDS = [
  { name: 'a', dimension: DIMENSION, metric: 'l2', index: { quantization: 'int8' } },
  { name: 'b', dimension: DIMENSION, metric: 'cosine', index: { quantization: 'none' } },
  { name: 'c', dimension: DIMENSION, metric: 'ip', index: { quantization: 'binary' } },
  { name: 'd', dimension: 16, metric: 'hamming', index: { quantization: 'int8' } },
  { name: 'e', dimension: DIMENSION, metric: 'l2', index: { quantization: 'int8' }, element: 'codes' },
] as const satisfies readonly VectorField[]

interface Write {
  readonly kind: 'put' | 'remove'
  readonly keys: readonly number[]
  readonly seed: number
  readonly isUndone: boolean
}

type Step = Write | { readonly kind: 'reopen' | 'compact' | 'search' }

/** Few different vectors; every ninth is none. */
function vectorOf(field: VectorField, seed: number, key: number): Float32Array | Uint8Array | null {
  const mixed = Math.imul(seed * 131 + key * 7 + field.name.charCodeAt(0), 2_654_435_761) >>> 0
  if (mixed % 9 === 0) return null
  if (field.metric === 'hamming') return Uint8Array.of(mixed >>> 8, mixed >>> 16)
  return Float32Array.from({ length: DIMENSION }, (_, i) => ((mixed >>> (i * 4)) & 15) - 7.25)
}

class Run {
  readonly storage = new MemoryDirectory()
  readonly fields: readonly VectorField[]
  /** How much of what waits is done after each step. */
  readonly pace: () => number
  partition!: Partition

  private constructor(fields: readonly VectorField[], pace: () => number) {
    this.fields = fields
    this.pace = pace
  }

  static async of(fields: readonly VectorField[], steps: readonly Step[], pace: () => number): Promise<string[]> {
    const run = new Run(fields, pace)
    run.partition = await Partition.create(optionsFor(run.storage, { vectors: fields }))
    const numbers = fields.map((_, field) => field)
    for (const field of numbers) run.graphs.create(field, M, 12)
    for (const one of steps) {
      await run.take(one)
      for (const field of numbers) run.maintain(field, pace())
    }
    for (const field of numbers) run.maintain(field, Infinity)
    const images = [graphImage(run.partition), run.search()]
    await run.reopen()
    images.push(graphImage(run.partition), run.search())
    await run.partition.close()
    return images
  }

  get graphs() {
    return this.partition.store.graphs
  }

  private maintain(field: number, count: number): void {
    this.partition.onDerivedChanged()
    for (let done = 0; done < count; done += 3) if (this.graphs.maintain(field, 3) === 0) break
    if (count === Infinity)
      expect([this.graphs.dirty(field), this.graphs.stale(field), this.graphs.kept(field)]).toEqual([0, 0, 0])
  }

  private async reopen(): Promise<void> {
    await this.partition.close()
    const [partition] = await Partition.openAll([optionsFor(this.storage, { vectors: this.fields })])
    this.partition = partition!
    expect(this.graphs.isAny).toBe(true)
  }

  private async take(one: Step): Promise<void> {
    if (one.kind === 'reopen') await this.reopen()
    else if (one.kind === 'compact') await this.partition.compact()
    else if (one.kind === 'search') this.search()
    else this.write(one as Write)
  }

  private write(one: Write): void {
    const batch = this.partition.begin()
    for (const id of one.keys) {
      if (one.kind === 'remove') batch.remove(id)
      else {
        const vectors = this.fields.map((field) => [field.name, vectorOf(field, one.seed, id)] as const)
        // Now and then a write that changes no vector.
        batch.put({ id, n: one.seed % 2, ...Object.fromEntries(vectors) }, PutMode.Upsert)
      }
    }
    batch.settle()
    if (one.isUndone) batch.abandon()
    else {
      batch.commit({ hard: false })
      for (let field = 0; field < this.fields.length; field++) this.graphs.settle(field)
    }
  }

  /** What the graphs find; whatever waits, it is no farther than what is stored. */
  private search(): string {
    const { store } = this.partition
    const found = this.fields.map((field, number) => {
      const query = vectorOf(field, 5, 1) ?? vectorOf(field, 6, 1) ?? vectorOf(field, 7, 1)!
      const search = new FlatSearch(store.memory, { field: number, queries: [query], count: 8 })
      expect(search.scan(0, 2 ** 28)).toBe(-1)
      const exact = [...search.nearest(0).distances]
      search.restart()
      const options = { field: number, ef: 30, rescored: 30, wanted: 0, budget: 2 ** 31 }
      let hits: unknown = null
      if (store.graphs.search(search, 0, options)) {
        const nearest = search.nearest(0)
        hits = [[...nearest.slots], [...nearest.distances]]
        for (const [i, distance] of [...nearest.distances].entries()) expect(distance).toBeGreaterThanOrEqual(exact[i]!)
        expect([...nearest.records].every((record) => record !== 0)).toBe(true)
      }
      search.release()
      return hits
    })
    return JSON.stringify(found)
  }
}

async function expectSame(fields: readonly VectorField[], steps: readonly Step[], seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const first = await Run.of(fields, steps, () => Infinity)
  expect(first.slice(2)).toEqual(first.slice(0, 2))
  const paces = [() => 0, () => random.below(14), () => (random.below(4) === 0 ? 60 : 0)]
  for (const pace of paces) expect(await Run.of(fields, steps, pace)).toEqual(first)
}

function stepOf(keys: number): fc.Arbitrary<Step> {
  const write = (kind: 'put' | 'remove') =>
    fc.record({
      kind: fc.constant(kind),
      keys: fc.array(fc.integer({ min: 0, max: keys - 1 }), { minLength: 1, maxLength: 30 }),
      seed: fc.integer({ min: 0, max: 5 }),
      isUndone: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
    })
  return fc.oneof(
    { weight: 6, arbitrary: write('put') },
    { weight: 3, arbitrary: write('remove') },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'reopen' }, { kind: 'compact' }, { kind: 'search' }) },
  )
}

it('the same writes make the same graphs, whenever the background comes to them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepOf(90), { minLength: 3, maxLength: 30 }),
      fc.constantFrom(...FIELDS),
      fc.constantFrom(...FIELDS),
      fc.integer({ min: 1, max: 1_000_000 }),
      (steps, one, two, seed) => expectSame(one === two ? [one] : [one, two], steps, seed),
    ),
    settings(80),
  )
})

it('also those of thousands of vectors, most of which go again', async () => {
  const random = new SeededRandom(41)
  const some = (count: number) => Array.from({ length: count }, () => random.below(3_400))
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const write = (kind: 'put' | 'remove', keys: readonly number[]): Step => ({
    kind,
    keys,
    seed: random.below(1_000),
    isUndone: false,
  })
  const steps: Step[] = [
    write('put', range(0, 2_600)),
    ...Array.from({ length: 12 }, (_, i) => write(i % 3 === 2 ? 'remove' : 'put', some(60))),
    { kind: 'reopen' },
    ...Array.from({ length: 6 }, () => write('put', some(60))),
    write('remove', range(300, 3_400)),
    write('put', some(300)),
    { kind: 'search' },
    { kind: 'compact' },
    write('put', range(100, 250)),
    write('remove', range(0, 120)),
  ]
  await expectSame([FIELDS[0]], steps, 7)
})

it('after a crash new vectors follow in order; where others changed, the order is lost, and found by building anew', async () => {
  const vectors = [FIELDS[0]]
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const open = async (storage: MemoryDirectory) => (await Partition.openAll([optionsFor(storage, { vectors })]))[0]!
  const put = (partition: Partition, seed: number, keys: readonly number[]) => {
    const batch = partition.begin()
    for (const id of keys) batch.put({ id, a: vectorOf(FIELDS[0], seed, id) }, PutMode.Upsert)
    batch.commit({ hard: true })
  }
  const finish = ({ store: { graphs } }: Partition) => {
    while (graphs.maintain(0, 10) > 0);
  }
  const filled = async (storage: MemoryDirectory) => {
    const partition = await Partition.create(optionsFor(storage, { vectors }))
    partition.store.graphs.create(0, M, 12)
    put(partition, 1, range(0, 400))
    put(partition, 2, range(350, 380))
    return partition
  }
  const images: string[] = []
  for (const isCrashed of [false, true]) {
    for (const isChanged of [false, true]) {
      const storage = new MemoryDirectory()
      let partition = await filled(storage)
      if (isCrashed) {
        await partition.close()
        partition = await open(storage)
      }
      put(partition, 3, range(400, 430))
      if (isChanged) put(partition, 4, range(10, 20))
      await partition.flush()
      if (isCrashed) partition = await open(storage)
      finish(partition)
      const { graphs } = partition.store
      expect(graphs.straighten(0)).toBe(isCrashed && isChanged)
      finish(partition)
      expect(graphs.straighten(0)).toBe(false)
      expect(graphs.linked(0)).toBe(partition.store.vectors.count(0))
      images.push(graphImage(partition))
    }
  }
  expect(images[2]).toBe(images[0])
})
