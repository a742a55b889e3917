// Crashes one run of a workload before each of its storage operations, and holds what opening finds against the history.

import { expect } from 'vitest'
import { Partition, PutMode } from '../core/partitions.ts'
import { type Contents, contentsOf, documentOf } from './contents.ts'
import { follow, graphFault, indexFault } from './derived.ts'
import { type CrashMode, describeOperation, type Operation, SimulatedMedium } from './simulated-storage.ts'
import { contradictionOf, Life, type MIXED_WORKLOAD, type Moment, optionsOf, WORKLOAD } from './workload.ts'

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

/** Looks at what was opened, writes on, crashes once more or closes, opens again. */
async function goOn(
  partitions: readonly Partition[],
  found: readonly Contents[],
  medium: SimulatedMedium,
  isClosed: boolean,
  way: typeof optionsOf,
): Promise<void> {
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

/**
 * Crashes workload `seed` everywhere; answers how often. Half of the crashes leave what another has left, to the byte, as most operations
 * flush nothing: that is opened once, and what was found is held against the history of each.
 */
export async function sweep(
  seed: number,
  steps: number,
  crashes: Crashes,
  way = optionsOf,
  weights: typeof MIXED_WORKLOAD = WORKLOAD,
): Promise<number> {
  const { life, cuts } = await cutsOf(seed, steps, way, weights)
  const known = new Map<string, readonly Contents[]>()
  let count = 0
  for (const { operation, medium, moment } of cuts) {
    const isClosed = operation.number % 2 === 0
    for (const [mode, crashSeed] of crashes(operation)) {
      count++
      const hold = (found: readonly Contents[]) => {
        const contradiction = contradictionOf(life, moment, found, mode)
        if (contradiction !== undefined) throw new Error(contradiction)
      }
      try {
        const after = medium.crash({ seed: crashSeed, mode })
        const state = `${after.state()} ${isClosed}`
        const before = known.get(state)
        if (before !== undefined) {
          hold(before)
          continue
        }
        const partitions = await Partition.openAll(way(after))
        const found = partitions.map(contentsOf)
        known.set(
          state,
          found.map((contents) => new Map(contents)),
        )
        hold(found)
        await goOn(partitions, found, after, isClosed, way)
      } catch (error) {
        const where = `workload ${seed}, ${describeOperation(operation)}, crash '${mode}' with seed ${crashSeed}`
        const why = error instanceof Error ? error.message : error
        throw new Error(`${where}: ${why}\nsteps: ${life.steps.join(', ')}`, { cause: error })
      }
    }
  }
  return count
}
