// Promise: a field with `keepVectors: false` keeps the codes of its vectors alone; everything is then about the vectors as the codes have them.

import { describe, expect, it } from 'vitest'
import { open, TypeMismatchError, UsageError } from '../../src/index.ts'
import { distance, randomOf } from '../core/vectors.ts'
import { closeAfterEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

const DIMENSION = 37
const index = { keepVectors: false } as const

describe.each(['cosine', 'l2', 'ip'] as const)('under %s', (metric) => {
  const next = randomOf(5)
  const vector = () => Float32Array.from({ length: DIMENSION }, () => (next() - 0.5) * 8)

  it('vectors come back near, are as they were when written again, and are searched as they came back', async () => {
    const path = await newDirectory()
    let db = await open(path, { durability: 'soft' })
    const vectors = { v: { dimension: DIMENSION, metric, index } }
    let posts = await db.createCollection('posts', { vectors })
    const documents = Array.from({ length: 400 }, (_, id) => ({
      id,
      v: id === 7 ? new Float32Array(DIMENSION) : vector(),
    }))
    await posts.insert(documents)
    expect((await posts.insert({ id: 1000, v: Array.from(documents[3]!.v) })).inserted).toBe(1)
    await db.close()
    db = await open(path)
    posts = db.collection('posts') as typeof posts
    const stored = await posts.find({ select: ['id', 'v'], sort: 'id' }).toArray()
    for (const [id, { v }] of documents.entries()) {
      const kept = stored[id]!['v'] as Float32Array
      expect(kept).toBeInstanceOf(Float32Array)
      const largest = v.reduce((most, lane) => Math.max(most, Math.abs(lane)), 0)
      for (let i = 0; i < DIMENSION; i++) expect(Math.abs(kept[i]! - v[i]!)).toBeLessThanOrEqual(largest / 253)
    }
    expect(await posts.upsert(stored.slice(0, 50))).toMatchObject({ unchanged: 50 })
    expect(await posts.upsert(documents.slice(0, 50))).toMatchObject({ unchanged: 50 })
    const query = vector()
    const wanted = stored
      .map((one) => ({ id: one['id'], distance: distance(metric, query, one['v'] as Float32Array) }))
      .sort((a, b) => a.distance - b.distance || (a.id as number) - (b.id as number))
    const hits = await posts.search({ vector: query, limit: 20 })
    for (const [i, hit] of hits.entries()) expect(hit.distance).toBeCloseTo(wanted[i]!.distance, 9)
    await db.close()
  })

  it('a graph finds them', async () => {
    const db = await openMemory()
    const vectors = { v: { dimension: DIMENSION, metric, index: { ...index, type: 'hnsw' } } } as const
    const posts = await db.createCollection('posts', { vectors })
    await posts.insert(Array.from({ length: 1_500 }, (_, id) => ({ id, v: vector() })))
    await posts.optimize()
    let found = 0
    for (let i = 0; i < 20; i++) {
      const query = vector()
      const exact = (await posts.search({ vector: query, exact: true })).map(({ id }) => id)
      found += (await posts.search({ vector: query, ef: 30 })).filter(({ id }) => exact.includes(id)).length
    }
    expect(found / 200).toBeGreaterThan(0.8)
  })
})

it('refuses what is no vector, and options that do not go together', async () => {
  const db = await openMemory()
  const posts = await db.createCollection('posts', { vectors: { v: { dimension: 3, index } } })
  const result = await posts.insert([
    { id: 1, v: [1, 2] },
    { id: 2, v: [1, Number.NaN, 3] },
    { id: 3, v: [1, Infinity, 3] },
    { id: 4, v: [3e38, 0, -3.4e38] },
    { id: 5, v: null },
  ])
  expect(result).toMatchObject({ inserted: 2, errors: 3 })
  expect(((await posts.get(4)) as { v: Float32Array }).v.every(Number.isFinite)).toBe(true)
  const refused = (field: object) => db.createCollection('other', { vectors: { v: field as { dimension: number } } })
  await expect(refused({ dimension: 3, element: 'f16', index })).rejects.toThrow(UsageError)
  await expect(refused({ dimension: 8, metric: 'hamming', index })).rejects.toThrow(UsageError)
  await expect(refused({ dimension: 3, index: { ...index, quantization: 'none' } })).rejects.toThrow(UsageError)
  await expect(refused({ dimension: 3, index: { keepVectors: 0 } })).rejects.toThrow(TypeMismatchError)
})
