// Promise: on real data a graph finds nearly all of what plain loops over doubles find: images of 784 pixels, and glosses as a model embeds
// them in 512 lanes; by whatever codes, before and after every vector has been replaced, and filtered.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Collection, open } from '../../src/index.ts'
import { distance } from '../core/vectors.ts'

const LIMIT = 10
const QUERIES = 50
const SETS = [
  ['images', 'mnist-784.gz', 784, 'l2'],
  ['glosses', 'glosses.gz', 512, 'cosine'],
] as const

function vectorsOf(file: string, dimension: number): Float32Array[] {
  const bytes = new Int8Array(gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', file))))
  return Array.from({ length: bytes.length / dimension }, (_, i) =>
    Float32Array.from(bytes.subarray(i * dimension, (i + 1) * dimension)),
  )
}

describe.each(SETS)('%s', (_, file, dimension, metric) => {
  const all = vectorsOf(file, dimension)
  const queries = all.slice(0, QUERIES)
  const rows = all.slice(QUERIES)
  /** For each query the distances of all rows. */
  const tables = queries.map((query) => rows.map((row) => distance(metric, query, row)))

  /** Share of hits that are as near as the tenth nearest, among rows that match. */
  async function recallOf(posts: Collection, ef: number, isMatch = (_: number) => true, filter = {}): Promise<number> {
    let found = 0
    let wanted = 0
    for (const [i, query] of queries.entries()) {
      const near = tables[i]!.filter((_, id) => isMatch(id)).sort((a, b) => a - b)
      const farthest = near[Math.min(LIMIT, near.length) - 1]!
      const hits = await posts.search({ vector: query, limit: LIMIT, ef, filter, select: ['id'] })
      expect(hits.length).toBe(Math.min(LIMIT, near.length))
      wanted += hits.length
      found += hits.filter((hit) => hit.distance <= farthest * (1 + 1e-9)).length
    }
    return found / wanted
  }

  it.each(['int8', 'none', 'binary'] as const)('with quantization %s', async (quantization) => {
    await using db = await open(':memory:')
    const index = { type: 'hnsw', m: 12, efConstruction: 80, quantization } as const
    const posts = await db.createCollection('posts', { vectors: { v: { dimension, metric, index } } })
    await posts.insert(rows.map((v, id) => ({ id, v, tenth: id % 10, hundredth: id % 100 })))
    expect(await recallOf(posts, 24)).toBe(1)
    await posts.optimize()
    expect((await posts.explainSearch({ vector: queries[0]!, ef: 15 })).plan).toBe('graph')
    const floor = quantization === 'binary' ? 0.6 : 0.9
    expect(await recallOf(posts, 15)).toBeGreaterThan(floor)
    expect(await recallOf(posts, 24, (id) => id % 10 === 3, { tenth: 3 })).toBeGreaterThan(0.95)
    expect(await recallOf(posts, 24, (id) => id % 100 === 3, { hundredth: 3 })).toBeGreaterThan(0.95)
    if (quantization === 'none') return
    // Each vector moves to another document, twice, a few at a time.
    for (let round = 1; round <= 2; round++) {
      for (let from = 0; from < rows.length; from += 190) {
        const some = Array.from({ length: Math.min(190, rows.length - from) }, (_, i) => from + i)
        await posts.update(some, ({ id }: { id: number }) => ({ v: rows[(id + round * 37) % rows.length] }))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await posts.update({}, ({ id }: { id: number }) => ({ v: rows[id] }))
    await posts.optimize()
    expect(await recallOf(posts, 15)).toBeGreaterThan(floor)
  })
})
