// Promise: filters with functions hold for the same documents where the engine runs in a worker as where it runs in the page. Checked in
// Chromium. Without it Milvus' words, times, shapes and lists of structs were DataCloneErrors in every page that keeps its data.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, type Site, startSite } from './chromium.ts'

const STORY = `import('/dist/browser/milvus.js').then(async ({ MilvusClient, DataType }) => {
  const client = new MilvusClient({ address: place })
  const fields = [
    { name: 'id', data_type: DataType.Int64, is_primary_key: true },
    { name: 'v', data_type: DataType.FloatVector, dim: 2 },
    { name: 't', data_type: DataType.VarChar, max_length: 100, enable_analyzer: true, enable_match: true },
    { name: 'z', data_type: DataType.Timestamptz },
    { name: 'g', data_type: DataType.Geometry },
    { name: 's', data_type: DataType.Array, element_type: DataType.Struct, max_capacity: 5, fields: [{ name: 'x', data_type: DataType.Int64 }] },
  ]
  const index_params = [{ field_name: 'v', index_type: 'FLAT', metric_type: 'L2' }]
  await client.createCollection({ collection_name: 'c', fields, index_params })
  await client.loadCollection({ collection_name: 'c' })
  const words = ['red river', 'blue stone', 'red stone']
  const data = Array.from({ length: 30 }, (_, id) => ({
    id, v: [id, 0], t: words[id % 3], z: '2026-01-' + (10 + id % 20) + 'T00:00:00Z', g: 'POINT (' + id + ' 1)', s: [{ x: id % 7 }],
  }))
  const { status } = await client.insert({ collection_name: 'c', data })
  const found = [status.reason]
  const c = { collection_name: 'c' }
  const ids = (rows) => rows.map(({ id }) => Number(id)).join()
  for (const filter of [
    'TEXT_MATCH(t, "river")',
    'not TEXT_MATCH(t, "red") and id > 3',
    'PHRASE_MATCH(t, "red stone") or id == 4',
    'z < ISO "2026-01-15T00:00:00Z"',
    'ST_WITHIN(g, "POLYGON ((-1 0, -1 2, 5 2, 5 0, -1 0))")',
    'array_contains(s[x], 1)',
    'MATCH_ANY(s, $[x] > 4) && id < 20',
    'TEXT_MATCH(t, "nowhere")',
  ]) {
    found.push(ids((await client.query({ ...c, filter, output_fields: ['id'] })).data))
    found.push(ids((await client.search({ ...c, data: [3, 0], limit: 5, filter })).results))
    found.push((await client.count({ ...c, filter })).data)
    const pages = await client.queryIterator({ ...c, filter, output_fields: ['id'], batchSize: 3 })
    for await (const page of pages) found.push(ids(page))
    found.push((await client.delete({ ...c, filter: '(' + filter + ') and id > 25' })).delete_cnt)
  }
  await client.closeConnection()
  return found.map(String)
})`

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  it('finds, counts, pages and deletes by functions', async () => {
    const answers: unknown[] = []
    for (const place of [':memory:', './page-tested']) {
      const page = await site.page()
      answers.push(await page.evaluate(STORY.replace('place', JSON.stringify(place))))
      await page.context().close()
    }
    const [inPage, inWorker] = answers as [string[], string[]]
    expect(inWorker).toEqual(inPage)
    expect(inPage.slice(0, 4)).toEqual(['', '0,3,6,9,12,15,18,21,24,27', '3,0,6,9,12', '10'])
  })
})
