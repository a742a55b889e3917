// A life of two partitions of one collection on a simulated medium: soft and hard batches, batches of several frames, transactions over
// both, compactions, closing and opening. It keeps the history that a reopened database is held against: after a crash each
// partition must be as it was after some batch, not before the last one acknowledged, and transactions whole.

import { CollectionShapes, Partition, type PartitionOptions, PutMode } from '../core/partitions.ts'
import { type Contents, digestOf, documentOf, VECTORS } from './contents.ts'
import { follow } from './derived.ts'
import type { CrashMode, SimulatedMedium } from './simulated-storage.ts'
import { SeededRandom } from './simulated-storage.ts'

export type Side = 0 | 1
const SIDES = [0, 1] as const

/** What may have become of the two partitions, at one moment. */
export interface Moment {
  /** How many batches of each partition are acknowledged as hard. */
  readonly acknowledged: readonly [number, number]
  /** How many the operating system has, as far as a caller was told. */
  readonly handed: readonly [number, number]
  /** How many there are. */
  readonly made: readonly [number, number]
  readonly transactions: number
}

export function optionsOf(medium: SimulatedMedium, extra: Partial<PartitionOptions> = {}): PartitionOptions[] {
  const shapes = new CollectionShapes('id', VECTORS)
  const storage = medium.reopen()
  // The first partition leaves its index in snapshots, the second builds it anew.
  return SIDES.map((id) => ({
    id,
    collection: 'things',
    primaryKey: 'id',
    vectors: VECTORS,
    shapes,
    storage,
    stem: `c1.p${id}`,
    ...(id === 0 ? { buildDocumentsMax: 0 } : {}),
    ...extra,
  }))
}

/** Of the same partitions without anything derived, whose logs are read through when they are opened, however small they are. */
export function plainOptionsOf(medium: SimulatedMedium, extra: Partial<PartitionOptions> = {}): PartitionOptions[] {
  const shapes = new CollectionShapes('id')
  return optionsOf(medium, { shapes, vectors: [], isPlain: true, passageBytesMin: 1, ...extra })
}

export const WORKLOAD = {
  soft: 10,
  hard: 10,
  several: 4,
  large: 1,
  pair: 6,
  hardPair: 4,
  mixed: 0,
  move: 4,
  abandoned: 2,
  compact: 2,
  busyCompact: 2,
  reopen: 1,
  turn: 3,
  upkeep: 5,
} as const
export type StepName = keyof typeof WORKLOAD
type Weights = Readonly<Record<StepName, number>>

/** Callers who wait for a flush and callers who do not, side by side. */
export const MIXED_WORKLOAD: Weights = { ...WORKLOAD, mixed: 40 }

/** A batch, and what its partition holds when it stands. */
interface Staged {
  readonly batch: ReturnType<Partition['begin']>
  readonly next: Contents
}

export class Life {
  readonly medium: SimulatedMedium
  partitions: Partition[] = []
  readonly contents: [Contents, Contents] = [new Map(), new Map()]
  /** Digest of each partition after so many batches. */
  readonly digests: [string[], string[]] = [[''], ['']]
  readonly acknowledged: [number, number] = [0, 0]
  readonly handed: [number, number] = [0, 0]
  /** For each transaction, how many batches each partition had with it. */
  readonly transactions: { readonly at: readonly [number, number] }[] = []
  /** For the message of a failed test. */
  readonly steps: string[] = []
  poison: unknown
  private readonly random: SeededRandom
  private version = 0
  private options: PartitionOptions[] = []
  private readonly way: typeof optionsOf

  constructor(medium: SimulatedMedium, seed: number, way = optionsOf) {
    this.medium = medium
    this.way = way
    this.random = new SeededRandom(seed)
  }

  now(): Moment {
    return {
      acknowledged: [...this.acknowledged],
      handed: [...this.handed],
      made: [this.digests[0].length - 1, this.digests[1].length - 1],
      transactions: this.transactions.length,
    }
  }

  async create(): Promise<void> {
    this.options = this.way(this.medium, { onPoison: (error) => (this.poison ??= error) })
    for (const options of this.options) this.partitions.push(await Partition.create(options))
    for (const partition of this.partitions) follow(partition)
  }

  async run(steps: number, only?: readonly StepName[], of: Weights = WORKLOAD): Promise<void> {
    const weights = Object.entries(of).filter(([name]) => only?.includes(name as StepName) ?? true)
    const sum = weights.reduce((total, [, weight]) => total + weight, 0)
    for (let i = 0; i < steps; i++) {
      let at = this.random.below(sum)
      const [name] = weights.find(([, weight]) => (at -= weight) < 0)!
      await this.step(name as StepName)
    }
  }

  async step(name: StepName): Promise<void> {
    const side = this.random.below(2) as Side
    this.steps.push(`${name} ${side}`)
    switch (name) {
      case 'soft':
        this.write(side, 1 + this.random.below(5), false)
        return
      case 'hard':
        this.write(side, 1 + this.random.below(5), true)
        return await this.flush(side)
      case 'several': {
        // Callers who write in one turn and wait for the same flush.
        const flushes: Promise<void>[] = []
        for (let i = 0; i < 3; i++) {
          const one = this.random.below(2) as Side
          this.write(one, 1, true)
          const flush = this.flush(one)
          flush.catch(() => {})
          flushes.push(flush)
        }
        await Promise.all(flushes)
        return
      }
      case 'large':
        this.write(side, 20, this.random.chance(0.5), 60_000)
        if (this.random.chance(0.5)) await this.flush(side)
        return
      case 'pair':
        return this.writePair(false, 1 + this.random.below(3))
      case 'hardPair':
        this.writePair(true, 1 + this.random.below(3))
        await Promise.all([this.flush(0), this.flush(1)])
        return
      case 'mixed': {
        // Callers who wait for no flush behind callers who do, at any moment of theirs.
        const flushes: Promise<void>[] = []
        const start = (one: Side) => {
          const flush = this.flush(one)
          flush.catch(() => {})
          flushes.push(flush)
        }
        for (let i = 0; i < 3; i++) {
          this.writePair(true, 1 + this.random.below(3))
          for (const one of SIDES) start(one)
          for (let turn = this.random.below(14); turn > 0; turn--) await null
          this.write(this.random.below(2) as Side, 1, this.random.chance(0.4))
          if (this.random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(flushes)
        return
      }
      case 'move':
        return this.move(side)
      case 'abandoned': {
        const batch = this.partitions[side]!.begin()
        for (let i = 0; i < 5; i++) batch.put(documentOf(this.key(), 1_000_000 + i), PutMode.Upsert)
        batch.remove(this.key())
        batch.abandon()
        return
      }
      case 'compact':
        return await this.partitions[side]!.compact()
      case 'busyCompact': {
        const done = this.partitions[side]!.compact()
        done.catch(() => {})
        try {
          for (let i = 0; i < 4; i++) {
            await new Promise((resolve) => setImmediate(resolve))
            this.write(side, 2, i % 2 === 0)
            if (i === 1) this.writePair(false, 1)
            if (i === 2) await this.flush(side)
          }
        } finally {
          await done.catch(() => {})
        }
        return await done
      }
      case 'reopen':
        for (const partition of this.partitions) await partition.close()
        this.acknowledgeAll()
        await this.open()
        return
      case 'upkeep':
        if (this.partitions[side]!.isDerived) this.partitions[side]!.store.graphs.maintain(0, 1 + this.random.below(12))
        return
      case 'turn':
        await new Promise((resolve) => setImmediate(resolve))
        return
    }
  }

  /** Opens what is on the medium, in place of what is open. */
  async open(): Promise<void> {
    this.options = this.way(this.medium, { onPoison: (error) => (this.poison ??= error) })
    this.partitions = await Partition.openAll(this.options)
    for (const partition of this.partitions) follow(partition)
  }

  async close(): Promise<void> {
    for (const partition of this.partitions) await partition.close()
    this.acknowledgeAll()
  }

  private acknowledgeAll(): void {
    for (const side of SIDES) {
      this.acknowledged[side] = this.digests[side].length - 1
      this.handed[side] = this.acknowledged[side]
    }
  }

  async flush(side: Side): Promise<void> {
    const count = this.digests[side].length - 1
    await this.partitions[side]!.flush()
    this.acknowledged[side] = Math.max(this.acknowledged[side], count)
    this.handed[side] = Math.max(this.handed[side], count)
  }

  private key(): string {
    return `k${this.random.below(60)}`
  }

  /** Stages puts and deletes; answers what the partition holds when they stand. */
  private stage(side: Side, count: number, bytes = 0): Staged {
    const batch = this.partitions[side]!.begin()
    const next: Contents = new Map(this.contents[side])
    for (let i = 0; i < count; i++) {
      const key = this.key()
      if (this.random.chance(0.25) && bytes === 0) {
        batch.remove(key)
        next.delete(key)
      } else {
        this.version++
        // Versions that end so are large.
        if (bytes !== 0) this.version += 49 - (this.version % 50)
        batch.put(documentOf(key, this.version), PutMode.Upsert)
        next.set(key, this.version)
      }
    }
    return { batch, next }
  }

  write(side: Side, count: number, hard: boolean, bytes = 0): void {
    const { batch, next } = this.stage(side, count, bytes)
    this.aim(side, next)
    try {
      batch.commit({ hard })
    } catch (error) {
      // Refused, it has left nothing; of unknown outcome, it may be found later.
      if (this.poison === undefined) this.miss(side)
      throw error
    }
    this.stand(side, next)
    if (!hard) this.handed[side] = this.digests[side].length - 1
  }

  /** What is about to be committed may be found after a crash from its first byte on: it is made known before. */
  private aim(side: Side, next: Contents): void {
    this.digests[side].push(digestOf(next))
  }

  private stand(side: Side, next: Contents): void {
    this.contents[side] = next
  }

  private miss(side: Side): void {
    this.digests[side].pop()
  }

  private writePair(hard: boolean, count: number): void {
    this.commitPair(
      hard,
      this.onBoth((side) => this.stage(side, count)),
    )
  }

  /** A batch of each partition; none is left open where the other cannot be begun, as when a flush nobody waited for has poisoned it. */
  private onBoth(stage: (side: Side) => Staged): Staged[] {
    const staged: Staged[] = []
    try {
      for (const side of SIDES) staged.push(stage(side))
      return staged
    } catch (error) {
      for (const { batch } of staged) batch.abandon()
      throw error
    }
  }

  /** Documents leave one partition and arrive in the other. */
  private move(from: Side): void {
    const to: Side = from === 0 ? 1 : 0
    const keys = [...this.contents[from].keys()].slice(0, 2)
    const staged = this.onBoth((side) => ({
      batch: this.partitions[side]!.begin(),
      next: new Map(this.contents[side]),
    }))
    for (const key of keys) {
      staged[from]!.batch.remove(key)
      staged[from]!.next.delete(key)
      this.version++
      staged[to]!.batch.put(documentOf(key, this.version), PutMode.Upsert)
      staged[to]!.next.set(key, this.version)
    }
    this.commitPair(false, staged)
  }

  private commitPair(hard: boolean, staged: readonly Staged[]): void {
    for (const { batch } of staged) batch.settle()
    const dirty = SIDES.filter((side) => staged[side]!.batch.isDirty)
    for (const side of SIDES) if (!dirty.includes(side)) staged[side]!.batch.abandon()
    const transaction =
      dirty.length < 2 ? undefined : { id: this.options[0]!.shapes.nextTransaction(), participants: [0, 1] }
    try {
      // As the engine does: a full disk shows before any of the logs is told.
      if (transaction !== undefined) for (const side of dirty) staged[side]!.batch.prepare(transaction)
    } catch (error) {
      for (const side of dirty) staged[side]!.batch.abandon()
      throw error
    }
    for (const side of dirty) this.aim(side, staged[side]!.next)
    if (transaction !== undefined)
      this.transactions.push({ at: [this.digests[0].length - 1, this.digests[1].length - 1] })
    dirty.forEach((side, i) => {
      try {
        staged[side]!.batch.commit({ hard, transaction })
        this.stand(side, staged[side]!.next)
      } catch (error) {
        // What a participant has cannot be taken back, so nothing may follow.
        for (const done of dirty.slice(0, i)) this.partitions[done]!.poison(error)
        for (const later of dirty.slice(i + 1)) staged[later]!.batch.abandon()
        if (this.poison === undefined) {
          for (const one of dirty) this.miss(one)
          if (transaction !== undefined) this.transactions.pop()
        }
        throw error
      }
    })
    if (!hard) for (const side of dirty) this.handed[side] = this.digests[side].length - 1
  }
}

/**
 * Why what was found cannot be what a crash at `moment` leaves; undefined when it can. With `all`, only the process has died: what the
 * operating system had is there.
 */
export function contradictionOf(
  life: Life,
  moment: Moment,
  found: readonly Contents[],
  mode?: CrashMode,
): string | undefined {
  const least = mode === 'all' ? moment.handed : moment.acknowledged
  const candidates = SIDES.map((side) => {
    const digest = digestOf(found[side]!)
    const counts: number[] = []
    for (let count = least[side]; count <= moment.made[side]; count++) {
      if (life.digests[side][count] === digest) counts.push(count)
    }
    return counts
  })
  for (const side of SIDES) {
    if (candidates[side]!.length > 0) continue
    const earlier = life.digests[side].lastIndexOf(digestOf(found[side]!))
    const range = `${least[side]} to ${moment.made[side]}`
    return `partition ${side} is ${earlier < 0 ? 'as it never was' : `as after batch ${earlier}`}, not as after one of ${range}`
  }
  const isWhole = (count0: number, count1: number) =>
    life.transactions.every(({ at }) => at[0] <= count0 === at[1] <= count1)
  if (candidates[0]!.some((count0) => candidates[1]!.some((count1) => isWhole(count0, count1)))) return undefined
  return `a transaction is torn: partition 0 is as after batch ${candidates[0]}, partition 1 as after batch ${candidates[1]}`
}
