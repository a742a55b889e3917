// Promise: after a crash at any moment, opening finds every write that was acknowledged as hard, and as soft, too, where only the process
// has died; other batches whole or not at all, in their order, and batches over two partitions on both sides or on none; it never fails for what a crash leaves behind, and writing
// goes on. One run of a workload is crashed before each of its storage operations, with nothing, all, or some of what was not flushed.

import { expect, it } from 'vitest'
import { type Crashes, sweep } from './sweep.ts'
import { MIXED_WORKLOAD, plainOptionsOf } from './workload.ts'

const SEEDS = (process.env.QUIVER_SEED ?? '1,2').split(',').map(Number)

for (const seed of SEEDS) {
  it(`holds before any operation of workload ${seed}`, async () => {
    const count = await sweep(seed, 45, ({ number }) => [
      ['nothing', number],
      ['random', number * 2],
      ['random', number * 2 + 1],
      ...(number % 3 === 0 ? [['all', number] as const] : []),
    ])
    expect(count).toBeGreaterThan(500)
  })
}

it('holds where logs are read through when they are opened', async () => {
  const crashes: Crashes = ({ number }) => [
    ['random', number] as const,
    ...(number % 4 === 0 ? [['all', number] as const] : []),
  ]
  expect(await sweep(SEEDS[0]! + 100, 40, crashes, plainOptionsOf)).toBeGreaterThan(200)
})

it('holds for callers who wait for a flush beside callers who do not', async () => {
  const crashes: Crashes = ({ number }) => [
    ['all', number],
    ['nothing', number],
  ]
  for (const seed of SEEDS) {
    expect(await sweep(seed, 20, crashes, plainOptionsOf, MIXED_WORKLOAD)).toBeGreaterThan(200)
  }
})
