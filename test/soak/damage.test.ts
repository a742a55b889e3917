// Promise: that of test/crash/damage.test.ts, with every bit of every file flipped.

process.env.QUIVER_SOAK = 'yes'
await import('../crash/damage.test.ts')

export {}
