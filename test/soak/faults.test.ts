// Promise: that of test/crash/faults.test.ts, with every failure at every operation of longer workloads. QUIVER_SEED is the first one's seed,
// QUIVER_WORKLOADS how many there are.

import { expect, it } from 'vitest'
import { failEverywhere } from '../crash/failing.ts'

const FIRST = Number(process.env.QUIVER_SEED)
const COUNT = Number(process.env.QUIVER_WORKLOADS ?? 4)

for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
  it(`holds at any operation of workload ${seed}`, async () => {
    const ends = await failEverywhere(seed, 30, () => true)
    for (const end of ['usable', 'poisoned', 'not created']) expect(ends[end], end).toBeGreaterThan(0)
  })
}
