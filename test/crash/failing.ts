// Runs a workload again and again, with another storage operation failing each time; see faults.test.ts.

import { expect } from 'vitest'
import { PoisonedError, QuiverError } from '../../src/error/index.ts'
import { Partition, PutMode } from '../core/partitions.ts'
import { contentsOf, digestOf, documentOf } from './contents.ts'
import { CrashSignal, type FaultOptions, SimulatedMedium } from './simulated-storage.ts'
import { contradictionOf, Life, optionsOf, type StepName, WORKLOAD } from './workload.ts'

export const FAULTS: readonly FaultOptions[] = [
  { code: 'ENOSPC' },
  { code: 'ENOSPC', lasts: 'forever' },
  { code: 'ENOSPC', moment: 'part' },
  { code: 'EIO' },
  { code: 'EIO', moment: 'after' },
  { code: 'EIO', moment: 'part', lasts: 'forever' },
]

const NAMES = Object.keys(WORKLOAD) as StepName[]
/** Every kind of step in turn, in an order that follows from the seed. */
const stepsOf = (seed: number, count: number): StepName[] =>
  Array.from({ length: count }, (_, i) => NAMES[(i * 7 + seed) % NAMES.length]!)

async function countOperations(seed: number, steps: number): Promise<number> {
  const medium = new SimulatedMedium({ seed })
  const life = new Life(medium, seed)
  await life.create()
  for (const name of stepsOf(seed, steps)) await life.step(name)
  await life.close()
  return medium.operationsCount
}

function expectTold(error: unknown): void {
  if (!(error instanceof QuiverError) || error instanceof CrashSignal) throw error
}

/** The partitions are usable: what stands in memory is what was committed, and writing, closing and opening keep it. */
async function expectUsable(life: Life): Promise<void> {
  life.medium.heal()
  life.partitions.forEach((partition, side) => {
    const batch = partition.begin()
    batch.put(documentOf('last', 77), PutMode.Upsert)
    batch.commit({ hard: true })
    life.contents[side]!.set('last', 77)
  })
  await Promise.all(life.partitions.map((partition) => partition.flush()))
  await life.close()
  expect(life.medium.openNames).toEqual([])
  const again = await Partition.openAll(optionsOf(life.medium))
  again.forEach((partition, side) => {
    expect(digestOf(contentsOf(partition))).toBe(digestOf(life.contents[side]!))
  })
}

/** Whatever has become of what was not acknowledged, the rest is there after opening again, and writing goes on. */
async function expectReopens(life: Life): Promise<void> {
  const moment = life.now()
  life.medium.heal()
  for (const mode of ['all', 'nothing', 'random'] as const) {
    const medium = life.medium.crash({ seed: life.medium.seed, mode })
    const partitions = await Partition.openAll(optionsOf(medium))
    const found = partitions.map(contentsOf)
    expect(contradictionOf(life, moment, found), `after a crash with ${mode}`).toBeUndefined()
    const batch = partitions[0]!.begin()
    batch.put(documentOf('last', 77), PutMode.Upsert)
    batch.commit({ hard: true })
    await partitions[0]!.flush()
    const [first] = await Partition.openAll(optionsOf(medium.crash({ seed: 1, mode: 'nothing' })))
    expect(digestOf(contentsOf(first!))).toBe(digestOf(new Map([...found[0]!, ['last', 77]])))
  }
}

/** Runs the workload with one fault; answers how it ended. */
async function suffer(
  seed: number,
  steps: number,
  number: number,
  fault: FaultOptions,
): Promise<'usable' | 'poisoned' | 'not created' | 'closed'> {
  const medium = new SimulatedMedium({ seed: number })
  const life = new Life(medium, seed)
  medium.failAt(number, fault)
  try {
    await life.create()
  } catch (error) {
    expectTold(error)
    medium.heal()
    for (const partition of life.partitions) await partition.close()
    expect(medium.openNames).toEqual([])
    const retry = new Life(medium, seed)
    await retry.create()
    await retry.step('hard')
    return 'not created'
  }
  for (const name of stepsOf(seed, steps)) {
    try {
      await life.step(name)
      continue
    } catch (error) {
      expectTold(error)
      if (name === 'reopen') {
        // Closing failed, or opening: as after a crash, only that nothing was left open on purpose.
        await Promise.all(life.partitions.map((partition) => partition.close().catch(expectTold)))
        expect(medium.openNames).toEqual([])
        await expectReopens(life)
        return 'closed'
      }
    }
    if (life.poison !== undefined) break
    life.partitions.forEach((partition, side) => {
      expect(digestOf(contentsOf(partition))).toBe(digestOf(life.contents[side]!))
    })
  }
  if (life.poison === undefined) {
    await expectUsable(life)
    return 'usable'
  }
  const poisoned = life.partitions.filter((partition) => {
    try {
      partition.begin().abandon()
      return false
    } catch (error) {
      expect(error).toBeInstanceOf(PoisonedError)
      return true
    }
  })
  expect(poisoned.length).toBeGreaterThan(0)
  // Reads go on, and closing lets go of the files.
  life.partitions.forEach((partition, side) => {
    expect(digestOf(contentsOf(partition))).toBe(digestOf(life.contents[side]!))
  })
  await Promise.all(life.partitions.map((partition) => partition.close().catch(expectTold)))
  expect(medium.openNames).toEqual([])
  await expectReopens(life)
  return 'poisoned'
}

/** Fails each operation of a workload in the ways that `isTried` says; answers how often each end was met. */
export async function failEverywhere(
  seed: number,
  steps: number,
  isTried: (number: number, fault: number) => boolean,
): Promise<Record<string, number>> {
  const count = await countOperations(seed, steps)
  const ends: Record<string, number> = {}
  for (let number = 1; number <= count; number++) {
    for (const [index, fault] of FAULTS.entries()) {
      if (!isTried(number, index)) continue
      try {
        const end = await suffer(seed, steps, number, fault)
        ends[end] = (ends[end] ?? 0) + 1
      } catch (error) {
        const what = `workload ${seed}, operation ${number}, ${JSON.stringify(fault)}`
        throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  }
  return ends
}
