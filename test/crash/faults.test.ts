// Promise: when the medium refuses or fails at any operation, the call that needed it says so. Either the partition is as it was and goes
// on, or it takes no more writes and opening again finds everything acknowledged. Each storage operation of a workload fails in turn:
// no room, or an I/O error of unknown outcome; once, or from then on.

import { expect, it } from 'vitest'
import { failEverywhere } from './failing.ts'

for (const seed of (process.env.QUIVER_SEED ?? '1').split(',').map(Number)) {
  it(`holds at any operation of workload ${seed}`, async () => {
    // Each operation meets three of six failures, the next one the other three.
    const ends = await failEverywhere(seed, 14, (number, fault) => (number + fault) % 2 === 0)
    for (const end of ['usable', 'poisoned', 'not created']) expect(ends[end], end).toBeGreaterThan(0)
  })
}
