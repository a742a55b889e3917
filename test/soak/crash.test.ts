// Promise: that of test/crash/partition.test.ts, over many more workloads and crashes. QUIVER_SEED is the first workload's seed,
// QUIVER_WORKLOADS how many there are.

import { expect, it } from 'vitest'
import { sweep } from '../crash/sweep.ts'

const FIRST = Number(process.env.QUIVER_SEED)
const COUNT = Number(process.env.QUIVER_WORKLOADS ?? 20)

for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
  it(`holds before any operation of workload ${seed}`, async () => {
    const count = await sweep(seed, 80, ({ number }) => [
      ['nothing', number],
      ['all', number],
      ...[0, 1, 2, 3].map((i) => ['random', number * 4 + i] as const),
    ])
    expect(count).toBeGreaterThan(500)
  })
}
