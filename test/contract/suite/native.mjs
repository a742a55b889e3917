// Cases of `quiverdb` itself.

import { close, equal, numbers, refused } from './expect.mjs'

const counters = { inserted: 0, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, errors: 0 }

/** A plain loop over the rows, for comparison with a search. */
function nearest(rows, query, limit) {
  const distance = ({ v }) => v.reduce((sum, lane, i) => sum + (Math.fround(lane) - Math.fround(query[i])) ** 2, 0)
  return rows
    .map((row) => ({ id: row.id, distance: distance(row) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
}

export const native = {
  async 'counts what a write did'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c')
    equal(
      await c.insert([
        { id: 1, a: 1 },
        { id: 2, a: 2 },
      ]),
      { ...counters, inserted: 2 },
    )
    const again = await c.insert([
      { id: 2, a: 9 },
      { id: 3, a: 3 },
    ])
    equal([again.inserted, again.errors], [1, 1])
    equal(/2/.test(again.firstError), true, again.firstError)
    const upserted = await c.upsert([{ id: 1, a: 1 }, { id: 2, a: 5 }, { id: 4 }], { returnChanges: true })
    equal(upserted, {
      ...counters,
      inserted: 1,
      replaced: 1,
      unchanged: 1,
      changes: [
        { key: 2, oldValue: { id: 2, a: 2 }, newValue: { id: 2, a: 5 } },
        { key: 4, oldValue: null, newValue: { id: 4 } },
      ],
    })
    equal(await c.update([1, 99], { b: { c: 1 } }), { ...counters, replaced: 1, skipped: 1 })
    equal(await c.update({ a: 5 }, (old) => ({ ...old, a: old.a * 2 })), { ...counters, replaced: 1 })
    equal(await c.replace(3, () => null), { ...counters, deleted: 1 })
    equal(await c.delete([4, 5]), { ...counters, deleted: 1, skipped: 1 })
    equal(await c.find({ sort: 'id' }).toArray(), [
      { id: 1, a: 1, b: { c: 1 } },
      { id: 2, a: 10 },
    ])
    const merged = await c.insert({ id: 1, b: { d: 2 } }, { conflict: 'update' })
    equal([merged.replaced, await c.get(1)], [1, { id: 1, a: 1, b: { c: 1, d: 2 } }])
    const made = await c.insert([{}, { x: 1 }])
    equal(
      made.generatedKeys.every((key) => /^[0-9a-f-]{36}$/.test(key)),
      true,
    )
    equal((await c.get(made.generatedKeys[1])).x, 1)
    const none = await c.insert([{ id: 1 }, { id: 77 }], { atomic: true })
    equal([none.inserted, none.errors, await c.has(77)], [0, 1, false])
    await db.close()
  },

  async 'gives values back as they came'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c')
    const given = {
      id: 'id',
      big: 2n ** 62n,
      at: new Date(1_700_000_000_123),
      bytes: new Uint8Array([0, 255, 7]),
      floats: new Float32Array([0.5, -1]),
      shorts: new Int16Array([-3, 3]),
      text: '\u00e4\u{1f600}\0',
      nested: { list: [1, 2.5, null, true, { deep: 'x' }], empty: {}, none: [] },
    }
    Object.defineProperty(given.nested, '__proto__', { value: 'data', enumerable: true })
    await c.insert(given)
    const got = await c.get('id')
    equal(got, given)
    equal(Object.getPrototypeOf(got.nested) === Object.prototype, true)
    equal(Object.hasOwn(got.nested, '__proto__'), true)
    for (const key of [1, 1.5, true, new Date(5), new Uint8Array([1]), ['a', 1]]) {
      await c.insert({ id: key, key: true })
      equal((await c.get(key)).id, key)
    }
    equal((await c.get(1n)).id, 1)
    const refusals = await c.insert([
      { id: 'f', f: () => {} },
      { id: 'n', n: Number.NaN },
    ])
    equal([refusals.inserted, refusals.errors, /"?f"?/.test(refusals.firstError)], [0, 2, true])
    // Object literals may be compiled here or not: a shape that is read often has to come out the same.
    await c.insert(Array.from({ length: 2_000 }, (_, n) => ({ id: 10 + n, n, text: `t${n}`, list: [n] })))
    let sum = 0
    for await (const { n, list, text } of c.find({ filter: { n: { $exists: true } } })) {
      sum += n + list[0]
      if (text !== `t${n}`) throw new Error(`text of ${n}: ${text}`)
    }
    equal(sum, 2_000 * 1_999)
    await db.close()
  },

  async 'filters, sorts and groups'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c')
    const random = numbers(7)
    const rows = Array.from({ length: 3_000 }, (_, id) => ({
      id,
      lang: ['en', 'fr', 'de'][Math.floor(random() * 3)],
      likes: Math.floor(random() * 100),
      ...(id % 5 === 0 ? { tags: ['a', `t${id % 10}`] } : {}),
      author: { name: `n${id % 17}` },
    }))
    await c.insert(rows)
    const wanted = rows.filter((row) => row.lang === 'en' && row.likes >= 90)
    const filter = { lang: 'en', likes: { $gte: 90 } }
    equal(await c.count(filter), wanted.length)
    equal((await c.find({ filter }).explain()).plan, 'scan')
    await c.createIndex('likes')
    equal((await c.find({ filter }).explain()).plan, 'index')
    const found = await c.find({ filter, sort: { likes: -1, id: 1 }, select: ['id'] }).toArray()
    equal(
      found,
      [...wanted].sort((a, b) => b.likes - a.likes || a.id - b.id).map(({ id }) => ({ id })),
    )
    equal(await c.count({ tags: { $contains: 't5' } }), 300)
    equal(
      await c.count({ 'author.name': { $in: ['n1', 'n2'] }, $or: [{ likes: { $lt: 50 } }, { lang: 'de' }] }),
      rows.filter((row) => ['n1', 'n2'].includes(row.author.name) && (row.likes < 50 || row.lang === 'de')).length,
    )
    equal(
      await c.count({ 'author.name': { $regex: '^n1[0-2]$' } }),
      rows.filter((row) => /^n1[0-2]$/.test(row.author.name)).length,
    )
    equal(await c.count({ tags: { $exists: false } }), 2_400)
    const groups = await c.groupBy('lang', { n: { $count: true }, top: { $max: 'likes' } })
    equal(
      groups.map(({ key, n }) => [key, n]),
      ['de', 'en', 'fr'].map((lang) => [lang, rows.filter((row) => row.lang === lang).length]),
    )
    equal((await c.distinct('author.name')).length, 17)
    await db.close()
  },

  async 'finds the nearest'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c', {
      vectors: { v: { dimension: 12, metric: 'l2', index: { type: 'hnsw', m: 8, efConstruction: 64 } } },
    })
    const random = numbers(11)
    const lanes = () => Array.from({ length: 12 }, () => random() * 2 - 1)
    const rows = Array.from({ length: 1_200 }, (_, id) => ({ id, even: id % 2 === 0, v: lanes() }))
    await c.insert(rows)
    await c.optimize()
    let hits = 0
    for (let i = 0; i < 20; i++) {
      const query = lanes()
      const wanted = nearest(rows, query, 10)
      const exact = await c.search({ vector: query, exact: true })
      equal(
        exact.map(({ id }) => id),
        wanted.map(({ id }) => id),
      )
      for (const [k, hit] of exact.entries()) close(hit.distance, wanted[k].distance, 'distance')
      const found = new Set((await c.search({ vector: new Float32Array(query), ef: 100 })).map(({ id }) => id))
      hits += wanted.filter(({ id }) => found.has(id)).length
      const even = await c.search({ vector: query, filter: { even: true }, limit: 5, exact: true, select: ['even'] })
      equal(
        even.map(({ id }) => id),
        nearest(
          rows.filter((row) => row.even),
          query,
          5,
        ).map(({ id }) => id),
      )
      equal(even[0].document, { even: true })
    }
    equal(hits >= 190, true, `${hits} of 200 found by the graph`)
    equal((await c.get(0)).v instanceof Float32Array, true)
    await refused(() => c.search({ vector: [1, 2] }), 'ShapeError', /12/)
    await db.close()
  },

  async 'finds words'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c')
    await c.insert([
      { id: 'a', text: 'a quiet library by the sea' },
      { id: 'b', text: 'libraries of the world; a library is a library' },
      { id: 'c', text: 'a busy street' },
    ])
    await c.createIndex('words', { type: 'text', fields: ['text'], analyzer: 'english' })
    const found = await c.search({ text: 'library', limit: 5 })
    equal(
      found.map(({ id }) => id),
      ['b', 'a'],
    )
    await c.delete('b')
    await c.insert({ id: 'd', text: 'street library' })
    equal((await c.search({ text: 'library street', limit: 1 }))[0].id, 'd')
    await db.close()
  },

  async 'refuses, and says why'(quiverdb, place) {
    const { open } = quiverdb
    const db = await open(place)
    const c = await db.createCollection('c')
    const conflict = await refused(() => db.createCollection('c'), 'ConflictError', /"c"/)
    equal(conflict instanceof quiverdb.ConflictError && conflict instanceof quiverdb.QuiverError, true)
    equal(conflict.code, 'QUIVER_CONFLICT')
    await refused(() => db.collection('missing'), 'NotFoundError', /"missing"/)
    await refused(() => db.dropCollection('missing'), 'NotFoundError', /"missing"/)
    await refused(() => c.find({ filter: { a: { $gtt: 1 } } }).toArray(), 'UnknownOptionError', /\$gt/)
    await refused(() => c.insert({ id: 1 }, { durabilty: 'hard' }), 'UnknownOptionError', /durability/)
    await refused(() => open(''), 'UsageError', /./)
    const stop = AbortSignal.abort(new Error('stopped before'))
    await refused(() => c.insert({ id: 1 }, { signal: stop }), 'Error', /stopped before/)
    equal(await c.count(), 0)
    await db.close()
    await db.close()
    await refused(() => c.count(), 'ClosedError', /closed/)
  },

  async 'runs beside itself'({ open }, place) {
    const db = await open(place)
    const c = await db.createCollection('c', { shards: 3 })
    await Promise.all(Array.from({ length: 300 }, (_, id) => c.insert({ id, n: 0 })))
    await Promise.all(Array.from({ length: 300 }, (_, id) => c.update(id, { n: id })))
    equal(await c.count({ n: { $gt: 0 } }), 299)
    const copy = await db.createCollection('copy')
    equal((await copy.insert(c.find({ filter: { n: { $lt: 50 } } }))).inserted, 50)
    await c.createPartition('p')
    await c.upsert({ id: 1, n: 1 }, { partition: 'p' })
    equal([await c.count(), (await c.find({ partitions: ['p'] }).toArray()).length], [300, 1])
    await db.renameCollection('copy', 'moved')
    equal(
      (await db.collections()).map(({ name }) => name),
      ['c', 'moved'],
    )
    await db.close()
  },

  async 'keeps what it was given, on disk'({ open }, place) {
    const first = await open(place)
    const c = await first.createCollection('c', { vectors: { v: { dimension: 2 } } })
    await c.createIndex('n')
    await c.insert(Array.from({ length: 500 }, (_, id) => ({ id, n: id % 7, text: 'x'.repeat(id), v: [id, 1] })))
    await c.upsert({ id: 3, n: 100, v: [0, 1] }, { durability: 'hard' })
    await c.delete([4, 5], { durability: 'soft' })
    await first.close()
    for (let round = 0; round < 2; round++) {
      const db = await open(place)
      const again = db.collection('c')
      equal(await again.count(), 498 + round)
      equal(await again.get(3), { id: 3, n: 100, v: new Float32Array([0, 1]) })
      equal(await again.get(4), undefined)
      equal((await again.find({ filter: { n: 100 } }).explain()).plan, 'index')
      equal((await again.search({ vector: [9, 1], limit: 1 }))[0].id, 9)
      await again.insert({ id: `round ${round}`, v: [5, 5] })
      await db.close()
    }
  },
}
