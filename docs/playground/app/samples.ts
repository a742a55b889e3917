// The program that stands in the editor first, for each interface. Each makes what it needs, and can be run again.

import type { Interface } from '../protocol.ts'

export const SCOPE_NOTES: Readonly<Record<Interface, string>> = {
  quiverdb: 'In scope: db, the open database, and everything that the package exports.',
  rethinkdb: 'In scope: r, and conn, a connection to the open database. Its tables are collections.',
  milvus: 'In scope: client, a MilvusClient on the open database, and what the package exports.',
  epsilla: 'In scope: db, an EpsillaDB on the open database, and what the package exports.',
  seekdb: 'In scope: client, a SeekdbClient on the open database, and what the package exports.',
}

export const SAMPLES: Readonly<Record<Interface, string>> = {
  quiverdb: `// Ctrl+Enter runs it; results stand beside.
const names = (await db.collections()).map((one) => one.name)
const notes = names.includes('notes')
  ? db.collection('notes')
  : await db.createCollection('notes', { vectors: { place: { dimension: 2, metric: 'l2' } } })

const result = await notes.insert(
  [
    { id: 1, text: 'a quiet library', lang: 'en', place: [0.9, 0.1] },
    { id: 2, text: 'a busy street', lang: 'en', place: [0.1, 0.8] },
    { id: 3, text: 'une rue calme', lang: 'fr', place: [0.2, 0.9], seen: new Date() },
  ],
  { conflict: 'update', returnChanges: true },
)
console.log(result)

console.log(await notes.find({ filter: { lang: 'en' }, sort: '-id' }).toArray())
return await notes.search({ vector: [0, 1], limit: 2 })
`,
  rethinkdb: `// The chains, results and errors of RethinkDB's own driver.
const tables = await r.tableList().run(conn)
if (!tables.includes('posts')) await r.tableCreate('posts').run(conn)

const result = await r.table('posts').insert(
  [
    { id: 1, title: 'Lorem ipsum', tags: ['a', 'b'], likes: 3 },
    { id: 2, title: 'Dolor sit', tags: ['b'], likes: 8 },
    { id: 3, title: 'Amet', tags: ['c'], likes: 5 },
  ],
  { conflict: 'update', returnChanges: 'always' },
).run(conn)
console.log(result)

const tagged = await r.table('posts').filter(r.row('tags').contains('b')).pluck('title', 'likes').run(conn)
console.log(await tagged.toArray())
return await r.table('posts').map((post) => post('likes').add(1)).sum().run(conn)
`,
  milvus: `// The calls and results of @zilliz/milvus2-sdk-node.
const there = await client.hasCollection({ collection_name: 'colours' })
if (!there.value) {
  console.log(await client.createCollection({ collection_name: 'colours', dimension: 3 }))
}

const result = await client.upsert({
  collection_name: 'colours',
  data: [
    { id: 1, vector: [0.93, 0.11, 0.14], name: 'crimson' },
    { id: 2, vector: [0.13, 0.55, 0.13], name: 'forest' },
    { id: 3, vector: [0.12, 0.56, 0.88], name: 'azure' },
    { id: 4, vector: [1, 0.39, 0.28], name: 'tomato' },
  ],
})
console.log(result)

const { results } = await client.search({
  collection_name: 'colours',
  data: [1, 0.2, 0.2],
  limit: 2,
  filter: 'name != "forest"',
  output_fields: ['name'],
})
return results
`,
  epsilla: `// Epsilla's JavaScript client: answers with a status, and nothing throws.
const tables = await db.listTables()
if (!tables.result?.includes('poems')) {
  console.log(
    await db.createTable('poems', [
      { name: 'ID', dataType: 'INT', primaryKey: true },
      { name: 'Line', dataType: 'STRING' },
      { name: 'Embedding', dataType: 'VECTOR_FLOAT', dimensions: 4, metricType: 'COSINE' },
    ]),
  )
}

const answer = await db.upsert('poems', [
  { ID: 1, Line: 'The garden was blooming.', Embedding: [0.05, 0.61, 0.76, 0.74] },
  { ID: 2, Line: 'A slow winter, and snow.', Embedding: [0.19, 0.81, 0.75, 0.11] },
  { ID: 3, Line: 'Rain against the glass.', Embedding: [0.36, 0.55, 0.47, 0.94] },
])
console.log(answer)

return await db.query('poems', {
  queryVector: [0.1, 0.6, 0.7, 0.7],
  limit: 2,
  filter: 'ID < 3',
  withDistance: true,
})
`,
  seekdb: `// The seekdb SDK. Without vectors of their own, documents are embedded by the built-in function.
const shelf = await client.getOrCreateCollection({ name: 'shelf' })
await shelf.upsert({
  ids: ['emma', 'walden', 'moby'],
  documents: [
    'A young woman arranges the lives of her neighbours.',
    'A man lives alone in the woods, beside a pond.',
    'A captain hunts the whale that took his leg.',
  ],
  metadatas: [{ year: 1815 }, { year: 1854 }, { year: 1851 }],
})
console.log(await shelf.count())

console.log(await shelf.get({ where: { year: { $gt: 1850 } } }))
return await shelf.query({ queryTexts: 'alone beside the woods', nResults: 2 })
`,
}
