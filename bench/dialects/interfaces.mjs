// Five interfaces to one store in memory, each as its own users would write it.

const field = (dimension) => ({ embedding: { dimension, metric: 'l2', index: { type: 'flat' } } })

const native = {
  async connect(open, { dimension }, hasVectors) {
    const db = await open(':memory:')
    const posts = await db.createCollection('posts', hasVectors ? { vectors: field(dimension) } : {})
    return {
      insert: (documents) => posts.insert(documents),
      get: (id) => posts.get(id),
      search: (vector) => posts.search({ vector, limit: 10, select: ['id'] }),
      close: () => db.close(),
    }
  },
}

const rethinkdb = {
  hasVectors: false,
  async connect() {
    const { default: r } = await import('../../dist/rethinkdb.js')
    const connection = await r.connect()
    await r.tableCreate('posts').run(connection)
    return {
      insert: (documents) => r.table('posts').insert(documents).run(connection),
      get: (id) => r.table('posts').get(id).run(connection),
      close: () => connection.close(),
    }
  },
}

const milvus = {
  hasVectors: true,
  async connect(_open, { dimension }) {
    const { MilvusClient, DataType } = await import('../../dist/milvus.js')
    const client = new MilvusClient({ address: ':memory:' })
    const collection_name = 'posts'
    await client.createCollection({
      collection_name,
      fields: [
        { name: 'id', data_type: DataType.VarChar, max_length: 64, is_primary_key: true },
        { name: 'title', data_type: DataType.VarChar, max_length: 256 },
        { name: 'likes', data_type: DataType.Int64 },
        { name: 'published', data_type: DataType.Bool },
        { name: 'embedding', data_type: DataType.FloatVector, dim: dimension },
      ],
      index_params: [{ field_name: 'embedding', index_type: 'FLAT', metric_type: 'L2' }],
    })
    await client.loadCollectionSync({ collection_name })
    return {
      insert: (documents) =>
        client.insert({ collection_name, data: Array.isArray(documents) ? documents : [documents] }),
      get: (id) => client.get({ collection_name, ids: [id] }),
      search: (vector) => client.search({ collection_name, data: vector, limit: 10, output_fields: ['id'] }),
      close: () => client.closeConnection(),
    }
  },
}

let databases = 0

const epsilla = {
  hasVectors: true,
  async connect(_open, { dimension }) {
    const { EpsillaDB } = await import('../../dist/epsilla.js')
    const db = new EpsillaDB()
    const name = `bench${++databases}`
    await db.loadDB(':memory:', name)
    db.useDB(name)
    await db.createTable('posts', [
      { name: 'id', dataType: 'STRING', primaryKey: true },
      { name: 'title', dataType: 'STRING' },
      { name: 'likes', dataType: 'INT' },
      { name: 'published', dataType: 'BOOL' },
      { name: 'embedding', dataType: 'VECTOR_FLOAT', dimensions: dimension },
    ])
    return {
      insert: (documents) => db.insert('posts', Array.isArray(documents) ? documents : [documents]),
      get: (id) => db.get('posts', { primaryKeys: [id] }),
      search: (queryVector) => db.query('posts', { queryVector, limit: 10, response: ['id'] }),
      close: () => db.unloadDB(name),
    }
  },
}

const seekdb = {
  hasVectors: true,
  async connect(_open, { dimension }) {
    const { SeekdbClient } = await import('../../dist/seekdb.js')
    const client = new SeekdbClient({ path: ':memory:' })
    const posts = await client.createCollection({
      name: 'posts',
      configuration: { dimension, distance: 'l2' },
      embeddingFunction: null,
    })
    const columns = (documents) => ({
      ids: documents.map(({ id }) => id),
      embeddings: documents.map(({ embedding }) => embedding),
      metadatas: documents.map(({ title, likes, published }) => ({ title, likes, published })),
    })
    return {
      insert: (documents) => posts.add(columns(Array.isArray(documents) ? documents : [documents])),
      get: (id) => posts.get({ ids: id }),
      search: (vector) => posts.query({ queryEmbeddings: vector, nResults: 10, include: ['distances'] }),
      close: () => client.close(),
    }
  },
}

export const interfaces = { native, rethinkdb, milvus, epsilla, seekdb }
