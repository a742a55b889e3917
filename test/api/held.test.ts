// Promise: a process that runs for weeks holds what is open and in use, and nothing of what was. Collects garbage and looks at what is left.

import { expect, it } from 'vitest'
import { open } from '../../src/index.ts'
import { held } from '../core/garbage.ts'
import { closeAfterEach, newDirectory } from './configurations.ts'

closeAfterEach()

it('nothing of the logs that compactions have left', async () => {
  // Each log held the one before it, with the 256 KiB in which hard writes wait: a store of 4 MB that is rewritten for ever lost some GB a day.
  await using db = await open(await newDirectory())
  const c = await db.createCollection('c')
  const round = async (i: number) => {
    await c.upsert({ id: 1, i })
    await c.optimize()
  }
  await round(0)
  const before = held()
  for (let i = 1; i <= 16; i++) await round(i)
  expect(held() - before).toBeLessThan(1_500_000)
})

it('nothing of closed databases whose graphs had not begun', async () => {
  // Their upkeep stood in line for a turn of the event loop, of which each takes one: those of a test suite gathered, a MB and more each.
  const round = async () => {
    const db = await open(':memory:')
    const index = { type: 'hnsw' } as const
    const c = await db.createCollection('c', { vectors: { v: { dimension: 4, metric: 'l2', index } } })
    await c.insert({ id: 1, v: [1, 2, 3, 4] })
    await db.close()
  }
  await round()
  const before = held()
  for (let i = 0; i < 20; i++) await round()
  expect(held() - before).toBeLessThan(5_000_000)
})
