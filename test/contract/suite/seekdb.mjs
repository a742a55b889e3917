// Cases of `quiverdb/seekdb`.

import { close, equal, refusal } from './expect.mjs'

const configuration = { dimension: 2, distance: 'l2' }
const embeddingFunction = null

export const seekdb = {
  async 'adds, upserts, queries and filters'({ SeekdbClient }, path) {
    const client = new SeekdbClient({ path })
    const c = await client.createCollection({ name: 'c', configuration, embeddingFunction })
    await c.add({
      ids: ['a', 'b', 'c'],
      embeddings: [
        [0, 0],
        [3, 4],
        [6, 8],
      ],
      documents: ['quick brown fox', 'lazy dog', 'quick dog'],
      metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
    })
    await c.upsert({
      ids: ['b', 'd'],
      embeddings: [
        [3, 3],
        [9, 9],
      ],
      metadatas: [{ n: 20 }, { n: 4 }],
    })
    equal(await c.count(), 4)
    const near = await c.query({ queryEmbeddings: [3, 3], nResults: 2 })
    equal(near.ids[0][0], 'b')
    close(near.distances[0][0], 0, 'distance')
    const filtered = await c.query({ queryEmbeddings: [0, 0], nResults: 9, where: { n: { $gte: 3 } } })
    equal([...filtered.ids[0]].sort(), ['b', 'c', 'd'])
    const got = await c.get({ whereDocument: { $contains: 'quick' } })
    equal([...got.ids].sort(), ['a', 'c'])
    await c.delete({ ids: ['a'] })
    equal(await c.count(), 3)
    const hybrid = await c.hybridSearch({
      query: { whereDocument: { $contains: 'dog' } },
      knn: { queryEmbeddings: [6, 8] },
    })
    equal(hybrid.ids[0][0], 'c')
    await client.close()
  },

  async 'refuses what is there, and what is not'({ SeekdbClient }, path) {
    const client = new SeekdbClient({ path })
    await client.createCollection({ name: 'c', configuration, embeddingFunction })
    const twice = await refusal(() => client.createCollection({ name: 'c', configuration, embeddingFunction }))
    equal(/c/.test(twice.message), true)
    await refusal(() => client.getCollection({ name: 'none', embeddingFunction }))
    const c = await client.getCollection({ name: 'c', embeddingFunction })
    await refusal(() => c.add({ ids: ['x'], embeddings: [[1, 2, 3]] }), 'a vector of another length')
    await client.close()
  },

  async 'keeps collections on disk'({ SeekdbClient }, path) {
    const first = new SeekdbClient({ path })
    const c = await first.createCollection({ name: 'kept', configuration, embeddingFunction })
    await c.add({
      ids: ['a', 'b'],
      embeddings: [
        [1, 0],
        [0, 1],
      ],
    })
    await first.close()
    const second = new SeekdbClient({ path })
    const again = await second.getCollection({ name: 'kept', embeddingFunction })
    equal((await again.query({ queryEmbeddings: [0, 1], nResults: 1 })).ids[0], ['b'])
    await second.close()
  },
}
