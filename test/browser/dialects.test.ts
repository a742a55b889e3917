// Promise: each of the four dialects runs in a page, on the built bundles. Checked in Chromium.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, type Site, startSite } from './chromium.ts'

const STORIES: readonly (readonly [name: string, places: readonly string[], story: string])[] = [
  [
    'milvus',
    [':memory:', './page-milvus'],
    `const client = new module.MilvusClient({ address: place })
    await client.createCollection({ collection_name: 'c', dimension: 2 })
    await client.insert({ collection_name: 'c', data: [{ id: 1, vector: [1, 0] }, { id: 2, vector: [0, 1] }] })
    const { results } = await client.search({ collection_name: 'c', data: [0, 1], limit: 1 })
    await client.closeConnection()
    return String(results[0].id)`,
  ],
  [
    'epsilla',
    [':memory:', './page-epsilla'],
    `const db = new module.EpsillaDB()
    await db.loadDB(place, 'page')
    db.useDB('page')
    await db.createTable('t', [
      { name: 'ID', primaryKey: true },
      { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 },
    ])
    await db.insert('t', [{ ID: 1, V: [1, 0] }, { ID: 2, V: [0, 1] }])
    const { result, message } = await db.query('t', { queryVector: [0, 1], limit: 1, filter: 'ID > 1' })
    await db.unloadDB('page')
    return result === undefined ? message : String(result[0].ID)`,
  ],
  [
    'seekdb',
    [':memory:', './page-seekdb'],
    `const client = new module.SeekdbClient({ path: place })
    const c = await client.createCollection({ name: 'c', configuration: { dimension: 2, distance: 'l2' }, embeddingFunction: null })
    await c.add({ ids: ['1', '2'], embeddings: [[1, 0], [0, 1]] })
    const { ids } = await c.query({ queryEmbeddings: [0, 1], nResults: 1 })
    await client.close()
    return ids[0][0]`,
  ],
  [
    'rethinkdb',
    [':memory:', './page-rethinkdb'],
    `const r = module.default
    const conn = await r.connect(place === ':memory:' ? {} : { path: place })
    await r.tableCreate('t').run(conn)
    await r.table('t').insert([{ id: 1, n: 1 }, { id: 2, n: 2 }]).run(conn)
    const found = await r.table('t').filter(r.row('n').gt(1))('id').coerceTo('array').run(conn)
    await conn.close()
    return String(found[0])`,
  ],
]

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  const cases = STORIES.flatMap(([name, places, story]) => places.map((place) => [name, place, story] as const))
  it.each(cases)('%s finds the nearest in %s', async (name, place, story) => {
    const page = await site.page()
    const source = `import('/dist/browser/${name}.js').then(async (module) => {
      const place = ${JSON.stringify(place)}
      ${story}
    })`
    expect(await page.evaluate(source)).toBe('2')
    await page.context().close()
  })
})
