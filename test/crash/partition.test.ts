// Promise: after a crash at any moment, opening finds every write that was acknowledged as hard, other batches whole or not at all, in
// their order, and batches over two partitions on both sides or on none; it never fails for what a crash leaves behind, and writing
// goes on. One run of a workload is crashed before each of its storage operations, with nothing, all, or some of what was not flushed.

import { describe, expect, it } from 'vitest'
import { Partition, PutMode } from '../core/partitions.ts'
import { describeOperation, type Operation, SimulatedMedium } from './simulated-storage.ts'
import { contentsOf, contradictionOf, documentOf, Life, type Moment, optionsOf } from './workload.ts'

interface Cut {
  readonly operation: Operation
  readonly medium: SimulatedMedium
  readonly moment: Moment
}

/** Runs a workload; answers the state of the medium before each operation. */
async function cutsOf(seed: number, steps: number): Promise<{ life: Life; cuts: Cut[] }> {
  const medium = new SimulatedMedium({ seed })
  const life = new Life(medium, seed)
  await life.create()
  const cuts: Cut[] = []
  medium.onOperation = (operation) => {
    cuts.push({ operation, medium: medium.clone(), moment: life.now() })
  }
  await life.run(steps)
  await life.close()
  medium.onOperation = undefined
  cuts.push({ operation: { number: medium.operationsCount + 1, kind: 'flush', name: 'the end' }, medium, moment: life.now() })
  return { life, cuts }
}

/** Opens, compares with the history, writes on, crashes once more or closes, opens again. */
async function verify(life: Life, moment: Moment, medium: SimulatedMedium, isClosed: boolean): Promise<void> {
  const partitions = await Partition.openAll(optionsOf(medium))
  const found = partitions.map(contentsOf)
  const contradiction = contradictionOf(life, moment, found)
  if (contradiction !== undefined) throw new Error(contradiction)
  expect(partitions.flatMap((partition) => partition.repairs)).toEqual([])
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
  const again = await Partition.openAll(optionsOf(after))
  again.forEach((partition, side) => {
    expect(contentsOf(partition)).toEqual(found[side])
  })
}

const SEEDS = (process.env.QUIVER_SEED ?? '1,2').split(',').map(Number)

describe('a crash before any operation', () => {
  for (const seed of SEEDS) {
    it(`of workload ${seed}`, { timeout: 120_000 }, async () => {
      const { life, cuts } = await cutsOf(seed, 60)
      expect(cuts.length).toBeGreaterThan(150)
      for (const { operation, medium, moment } of cuts) {
        for (const [mode, chance] of [['nothing', 0], ['all', 0], ['random', 1], ['random', 2]] as const) {
          const crashSeed = operation.number * 10 + chance
          try {
            await verify(life, moment, medium.crash({ seed: crashSeed, mode }), operation.number % 2 === 0)
          } catch (error) {
            const where = `workload ${seed}, ${describeOperation(operation)}, crash '${mode}' with seed ${crashSeed}`
            throw new Error(`${where}: ${error instanceof Error ? error.message : error}\nsteps: ${life.steps.join(', ')}`, { cause: error })
          }
        }
      }
    })
  }
})
