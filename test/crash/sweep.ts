// Crashes one run of a workload before each of its storage operations, and holds what opening finds against the history.

import { expect } from 'vitest'
import { Partition, PutMode } from '../core/partitions.ts'
import { type CrashMode, describeOperation, type Operation, SimulatedMedium } from './simulated-storage.ts'
import {
  contentsOf,
  contradictionOf,
  documentOf,
  follow,
  graphFault,
  indexFault,
  Life,
  type MIXED_WORKLOAD,
  type Moment,
  optionsOf,
  WORKLOAD,
} from './workload.ts'

interface Cut {
  readonly operation: Operation
  readonly medium: SimulatedMedium
  readonly moment: Moment
}

/** Runs a workload; answers the state of the medium before each operation. */
async function cutsOf(
  seed: number,
  steps: number,
  way: typeof optionsOf,
  weights: typeof MIXED_WORKLOAD,
): Promise<{ life: Life; cuts: Cut[] }> {
  const medium = new SimulatedMedium({ seed })
  const life = new Life(medium, seed, way)
  await life.create()
  const cuts: Cut[] = []
  medium.onOperation = (operation) => {
    cuts.push({ operation, medium: medium.clone(), moment: life.now() })
  }
  await life.run(steps, undefined, weights)
  await life.close()
  medium.onOperation = undefined
  cuts.push({
    operation: { number: medium.operationsCount + 1, kind: 'flush', name: 'the end' },
    medium,
    moment: life.now(),
  })
  return { life, cuts }
}

/** Opens, compares with the history, writes on, crashes once more or closes, opens again. */
async function verify(
  life: Life,
  moment: Moment,
  medium: SimulatedMedium,
  mode: CrashMode,
  isClosed: boolean,
  way: typeof optionsOf,
): Promise<void> {
  const partitions = await Partition.openAll(way(medium))
  const found = partitions.map(contentsOf)
  const contradiction = contradictionOf(life, moment, found, mode)
  if (contradiction !== undefined) throw new Error(contradiction)
  expect(partitions.flatMap((partition) => partition.repairs)).toEqual([])
  for (const partition of partitions) {
    // As a snapshot and the log behind it have them, or built.
    expect(indexFault(partition)).toBeUndefined()
    expect(graphFault(partition)).toBeUndefined()
    follow(partition)
    if (isClosed) expect(graphFault(partition)).toBeUndefined()
  }
  partitions.forEach((partition, side) => {
    for (let i = 0; i < 3; i++) {
      const version = 2_000_000 + i
      const batch = partition.begin()
      batch.put(documentOf(`after${i}`, version), PutMode.Upsert)
      const gone = [...found[side]!.keys()][0]
      if (gone !== undefined) batch.remove(gone)
      batch.commit({ hard: i === 2 })
      if (gone !== undefined) found[side]!.delete(gone)
      found[side]!.set(`after${i}`, version)
    }
  })
  await Promise.all(partitions.map((partition) => partition.flush()))
  if (isClosed) for (const partition of partitions) await partition.close()
  const after = isClosed ? medium : medium.crash({ seed: 1, mode: 'nothing' })
  const again = await Partition.openAll(way(after))
  again.forEach((partition, side) => {
    expect(contentsOf(partition)).toEqual(found[side])
  })
}

/** Which crashes are tried before an operation: modes with a seed each. */
export type Crashes = (operation: Operation) => readonly (readonly [mode: CrashMode, seed: number])[]

/** Crashes workload `seed` everywhere; answers how often. */
export async function sweep(
  seed: number,
  steps: number,
  crashes: Crashes,
  way = optionsOf,
  weights: typeof MIXED_WORKLOAD = WORKLOAD,
): Promise<number> {
  const { life, cuts } = await cutsOf(seed, steps, way, weights)
  let count = 0
  for (const { operation, medium, moment } of cuts) {
    for (const [mode, crashSeed] of crashes(operation)) {
      count++
      try {
        await verify(life, moment, medium.crash({ seed: crashSeed, mode }), mode, operation.number % 2 === 0, way)
      } catch (error) {
        const where = `workload ${seed}, ${describeOperation(operation)}, crash '${mode}' with seed ${crashSeed}`
        const why = error instanceof Error ? error.message : error
        throw new Error(`${where}: ${why}\nsteps: ${life.steps.join(', ')}`, { cause: error })
      }
    }
  }
  return count
}
