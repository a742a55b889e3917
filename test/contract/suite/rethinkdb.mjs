// Cases of `quiverdb/rethinkdb`.

import { equal, refused } from './expect.mjs'

export const rethinkdb = {
  async 'writes and answers as RethinkDB does'({ default: r }, path) {
    const conn = await r.connect(path === ':memory:' ? {} : { path })
    await r.tableCreate('t').run(conn)
    const rows = [
      { id: 1, n: 1, tags: ['a'] },
      { id: 2, n: 2 },
      { id: 3, n: 3, o: { p: 1 } },
    ]
    const written = await r.table('t').insert(rows).run(conn)
    equal([written.inserted, written.errors], [3, 0])
    const again = await r.table('t').insert({ id: 1, n: 9 }).run(conn)
    equal([again.errors, /Duplicate primary key/.test(again.first_error)], [1, true])
    const changed = await r.table('t').insert({ id: 1, n: 9 }, { conflict: 'update', returnChanges: true }).run(conn)
    equal(changed.changes, [{ old_val: rows[0], new_val: { ...rows[0], n: 9 } }])
    equal((await r.table('t').insert({ id: 1, n: 9 }, { conflict: 'update' }).run(conn)).unchanged, 1)
    const updated = await r
      .table('t')
      .get(2)
      .update((row) => ({ n: row('n').add(40), at: r.now() }))
      .run(conn)
    equal(updated.replaced, 1)
    const second = await r.table('t').get(2).run(conn)
    equal([second.n, second.at instanceof Date], [42, true])
    equal((await r.table('t').get(3).delete().run(conn)).deleted, 1)
    equal(await r.table('t').get(3).run(conn), null)
    await conn.close()
  },

  async 'runs its functions'({ default: r }) {
    const conn = await r.connect()
    await r.tableCreate('t').run(conn)
    await r
      .table('t')
      .insert(r.range(100).map((n) => ({ id: n, mod: n.mod(3), text: n.coerceTo('string') })))
      .run(conn)
    const found = await r
      .table('t')
      .filter((row) => row('id').ge(95).and(row('mod').ne(0)))
      .orderBy('id')('id')
      .run(conn)
    equal([...found], [95, 97, 98])
    equal(await r.table('t').group('mod').count().run(conn), [
      { group: 0, reduction: 34 },
      { group: 1, reduction: 33 },
      { group: 2, reduction: 33 },
    ])
    await r.table('t').indexCreate('mod').run(conn)
    await r.table('t').indexWait().run(conn)
    equal(await r.table('t').getAll(1, { index: 'mod' }).count().run(conn), 33)
    equal(await r.table('t').between(10, 20)('id').sum().run(conn), 145)
    equal(
      await r
        .table('t')
        .map((row) => row('id').mul(2))
        .reduce((a, b) => a.add(b))
        .run(conn),
      9_900,
    )
    const joined = await r
      .table('t')
      .limit(0)
      .union([{ a: 1 }])
      .merge({ b: r.expr([1, 2]).nth(1) })
      .coerceTo('array')
      .run(conn)
    equal(joined, [{ a: 1, b: 2 }])
    await conn.close()
  },

  async 'feeds changes'({ default: r }) {
    const conn = await r.connect()
    await r.tableCreate('t').run(conn)
    const feed = await r.table('t').changes().run(conn)
    const first = feed.next()
    await r.table('t').insert({ id: 'x' }).run(conn)
    equal(await first, { old_val: null, new_val: { id: 'x' } })
    await feed.close()
    await conn.close()
  },

  async 'refuses in its words'({ default: r }) {
    const conn = await r.connect()
    await refused(() => r.table('none').run(conn), 'ReqlOpFailedError', /does not exist/)
    await refused(() => r.expr({ a: 1 })('b').run(conn), 'ReqlNonExistenceError', /No attribute `b`/)
    await refused(() => r.expr(1).add('a').run(conn), 'ReqlQueryLogicError', /Expected type NUMBER/)
    await conn.close()
  },

  async 'keeps tables on disk'({ default: r }, path) {
    const first = await r.connect({ path })
    await r.tableCreate('kept').run(first)
    await r
      .table('kept')
      .insert({ id: 1, list: [1, 2] })
      .run(first)
    await first.close()
    const second = await r.connect({ path })
    equal(await r.table('kept').get(1).run(second), { id: 1, list: [1, 2] })
    await second.close()
  },
}
