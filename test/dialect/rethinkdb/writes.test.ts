// biome-ignore-all lint/suspicious/useIterableCallbackReturn: ReQL's forEach answers its writes

// Promise: writes count, tell and refuse as a server does, in its order and with its texts.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Any, answer, type Case, check, err, named, partial, r } from './cases.ts'

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
  await r.tableCreate('t').run(connection)
})
afterAll(async () => await connection.close())
beforeEach(async () => {
  await r.table('t').delete().run(connection)
})

const t = () => r.table('t')
const zero = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }
const one = (fields: object) => ({ ...zero, ...fields })
const run = (term: Any, options?: object) => answer(connection, term, options) as Promise<Any>

it('evaluates the patch of an update for each row', async () => {
  await run(t().insert([{ id: 1 }, { id: 2 }]))
  expect(
    await run(
      t()
        .orderBy('id')
        .update({ a: r.error('no') }, { returnChanges: 'always' }),
    ),
  ).toEqual(
    one({
      errors: 2,
      first_error: 'no',
      changes: [
        { old_val: { id: 1 }, new_val: { id: 1 }, error: 'no' },
        { old_val: { id: 2 }, new_val: { id: 2 }, error: 'no' },
      ],
    }),
  )
  expect(await run(t().filter(false).update(r.error('no')))).toEqual(zero)
  await run(t().update({ n: r.random() }, { nonAtomic: true }))
  const [a, b] = await run(t()('n'))
  expect(a).not.toBe(b)
})

it('refuses keys that cannot be stored, and tells of a missing row what it was to become', async () => {
  const text = '`r.minval` and `r.maxval` cannot be written to disk.'
  for (const id of [r.minval, [1, r.maxval]]) {
    expect(await run(t().insert({ id }))).toEqual(one({ errors: 1, first_error: text }))
  }
  expect(await run(t().get(r.minval))).toBe(null)
  expect(await run(t().get(77).replace({ id: 5 }))).toEqual(
    one({ errors: 1, first_error: 'Primary key `id` cannot be changed (null -> {\n\t"id":\t5\n})' }),
  )
})

describe('insert', () => {
  it('inserts one, several, and what has no key', async () => {
    expect(await run(t().insert({ id: 1, a: 1 }))).toEqual(one({ inserted: 1 }))
    expect(await run(t().insert([{ id: 2 }, { id: 3 }]))).toEqual(one({ inserted: 2 }))
    const made = await run(t().insert([{ a: 1 }, { id: 4 }, { a: 2 }]))
    expect(made).toMatchObject(one({ inserted: 3 }))
    expect(made.generated_keys).toHaveLength(2)
    expect(made.generated_keys[0]).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
    expect(await run(t().get(made.generated_keys[1])('a'))).toBe(2)
  })

  it('tells a taken key with both documents, on the short way and on the long one', async () => {
    await run(t().insert({ id: 1, b: [1], a: 'x' }))
    const text = 'Duplicate primary key `id`:\n{\n\t"a":\t"x",\n\t"b":\t[\n\t\t1\n\t],\n\t"id":\t1\n}\n{\n\t"id":\t1\n}'
    expect(await run(t().insert({ id: 1 }))).toEqual(one({ errors: 1, first_error: text }))
    expect(await run(t().insert({ id: 1 }, { returnChanges: true }))).toEqual(
      one({ errors: 1, first_error: text, changes: [] }),
    )
    expect(await run(t().insert({ id: 1 }, { return_changes: 'always' }))).toEqual(
      one({
        errors: 1,
        first_error: text,
        changes: [{ old_val: { a: 'x', b: [1], id: 1 }, new_val: { a: 'x', b: [1], id: 1 }, error: text }],
      }),
    )
  })

  it('resolves conflicts in every way', async () => {
    await run(t().insert({ id: 1, a: { x: 1 }, b: 1 }))
    expect(await run(t().insert({ id: 1, a: { y: 2 } }, { conflict: 'update' }))).toEqual(one({ replaced: 1 }))
    expect(await run(t().get(1))).toEqual({ id: 1, a: { x: 1, y: 2 }, b: 1 })
    expect(await run(t().insert({ id: 1, b: 1 }, { conflict: 'replace', returnChanges: true }))).toEqual(
      one({
        replaced: 1,
        changes: [{ old_val: { id: 1, a: { x: 1, y: 2 }, b: 1 }, new_val: { id: 1, b: 1 } }],
      }),
    )
    expect(await run(t().insert({ id: 1, b: 1 }, { conflict: 'replace', returnChanges: true }))).toEqual(
      one({ unchanged: 1, changes: [] }),
    )
    expect(await run(t().insert({ id: 1, b: 1 }, { upsert: true }))).toEqual(one({ unchanged: 1 }))
    const add = (_id: Any, old: Any, next: Any) => old.merge({ b: old('b').add(next('b')) })
    expect(await run(t().insert({ id: 1, b: 5 }, { conflict: add }))).toEqual(one({ replaced: 1 }))
    expect(await run(t().get(1)('b'))).toBe(6)
    expect(
      await run(
        t()
          .insert({ id: 1 }, { conflict: (id: Any, _o: Any, _n: Any) => ({ id: 1, key: id }) })
          .do(() => t().get(1)('key')),
      ),
    ).toMatchObject({})
    expect(
      await run(t().insert({ id: 1 }, { conflict: (_i: Any, _o: Any, _n: Any) => null, returnChanges: true })),
    ).toMatchObject({ deleted: 1 })
    expect(await run(t().get(1))).toBe(null)
  })

  it('refuses rows one by one, bad ones first', async () => {
    await run(t().insert({ id: 1 }))
    const mixed = await run(t().insert([{ id: 1 }, 5, { id: null }, { id: 2 }], { returnChanges: true }))
    expect(mixed).toEqual(
      one({
        errors: 3,
        inserted: 1,
        first_error: 'Expected type OBJECT but found NUMBER.',
        changes: [
          { old_val: null, new_val: null, error: 'Expected type OBJECT but found NUMBER.' },
          {
            old_val: null,
            new_val: null,
            error: 'Primary keys must be either a number, string, bool, pseudotype or array (got type NULL):\nnull',
          },
          { old_val: null, new_val: { id: 2 } },
        ],
      }),
    )
    expect(await run(t().insert([1, 2], { returnChanges: true }))).toMatchObject({
      errors: 2,
      changes: [{ error: 'Expected type OBJECT but found NUMBER.' }],
    })
  })

  it.each(['error', 'replace'])('counts a key that cannot be stored, under %s', async (conflict) => {
    const insert = t().insert([{ id: 'a' }, { id: '\ud800' }, { id: 'b' }], { conflict })
    expect(await run(insert)).toMatchObject({ inserted: 2, errors: 1, first_error: expect.stringMatching('surrogate') })
  })

  it('holds keys to their limits', async () => {
    const keyError = async (id: unknown) => (await run(t().insert({ id }))).first_error
    expect(await keyError('a'.repeat(127))).toBe(undefined)
    expect(await keyError('a'.repeat(128))).toBe(`Primary key too long (max 127 characters): "${'a'.repeat(128)}"`)
    expect(await keyError('\u00fc'.repeat(64))).toMatch(/^Primary key too long/)
    expect(await keyError(['a'.repeat(125)])).toBe(undefined)
    expect(await keyError([1, 2, 3, 4, 5, 6])).toBe(undefined)
    expect(await keyError([1, 2, 3, 4, 5, 6, 7])).toMatch(/^Primary key too long/)
    expect(await keyError([0.1, 0.2, 0.3, 0.4])).toMatch(/^Primary key too long/)
    expect(await keyError('a\0b')).toBe('String "a\\x00b" (truncated) contains NULL byte at offset 1 in index key.')
    expect(await keyError([null])).toBe(
      'Array keys can only contain numbers, strings, bools,  pseudotypes, or arrays (got null of type NULL).',
    )
    expect(await keyError({ a: 1 })).toMatch(/^Primary keys must be either/)
    expect(await keyError(true)).toBe(undefined)
    expect(await keyError(new Date(5))).toBe(undefined)
    expect(await keyError(Buffer.from('k'))).toBe(undefined)
    expect(await run(t().get(r.epochTime(0.005)).ne(null))).toBe(true)
    expect(
      await run(
        t()
          .get(r.binary(Buffer.from('k')))
          .ne(null),
      ),
    ).toBe(true)
    expect(await keyError(0)).toBe(undefined)
    expect(await keyError(-0)).toMatch(/^Duplicate primary key/)
  })

  it('inserts sequences, tables and selections', async () => {
    await run(t().insert(r.range(3).map((id: Any) => ({ id }))))
    expect(await run(t().count())).toBe(3)
    expect(await run(t().insert(t()))).toMatchObject({ errors: 3, inserted: 0 })
    await run(r.tableCreate('copy'))
    expect(await run(r.table('copy').insert(t().filter((x: Any) => x('id').gt(0))))).toEqual(one({ inserted: 2 }))
    expect(await run(r.table('copy').insert(t()))).toMatchObject({ inserted: 1, errors: 2 })
    await run(r.tableDrop('copy'))
  })

  it('caps the keys it made at the array limit', async () => {
    const made = await run(t().insert(r.range(12).map(() => ({}))), { arrayLimit: 10 })
    expect(made.inserted).toBe(12)
    expect(made.generated_keys).toHaveLength(10)
    expect(made.warnings).toEqual(['Too many generated keys (12), array truncated to 10.'])
    const many = await run(t().insert(Array.from({ length: 100_005 }, () => ({}))))
    expect(many.inserted).toBe(100_005)
    expect(many.generated_keys).toHaveLength(100_000)
    expect(many.warnings).toEqual(['Too many generated keys (100005), array truncated to 100000.'])
    // The list itself may be longer, arrays in its documents may not.
    const dated = await run(t().insert([{ at: new Date(0) }, { at: new Date(1) }]), { arrayLimit: 1 })
    expect(dated.inserted).toBe(2)
    for (const a of [
      [1, 2],
      [new Date(0), new Date(1)],
    ]) {
      await expect(run(t().insert([{ id: 9, a }]), { arrayLimit: 1 })).rejects.toThrow('Array over size limit `1`')
      await expect(run(t().insert({ id: 9, a }), { arrayLimit: 1 })).rejects.toThrow('Array over size limit `1`')
    }
    expect(await run(t().get(9))).toBeNull()
    const told = await run(t().insert([{ id: 1 }, { id: 2 }], { returnChanges: true }), { arrayLimit: 1 })
    expect(told.changes).toHaveLength(1)
    expect(told.warnings).toEqual(['Too many changes, array truncated to 1.'])
  })

  const refused: Case[] = [
    [() => t().insert(5), err('QueryLogic', 'Cannot convert NUMBER to SEQUENCE')],
    [() => t().insert(null), err('NonExistence', 'Cannot convert NULL to SEQUENCE')],
    [
      () => t().insert(t().get('missing')),
      err('NonExistence', 'Expected type SEQUENCE but found SINGLE_SELECTION:\nnull'),
    ],
    [
      () => t().insert(t().group('a')),
      err('QueryLogic', 'Cannot treat the output of `group` as a stream (did you mean to `ungroup`?).'),
    ],
    [
      () => t().insert({}, { conflict: 'wrong' }),
      err('QueryLogic', 'Conflict option `wrong` unrecognized (options are "error", "replace" and "update").'),
    ],
    [() => t().insert({}, { conflict: 1 }), err('QueryLogic', 'Expected type STRING but found NUMBER.')],
    [
      () => t().insert({}, { durability: 'wrong' }),
      err('QueryLogic', 'Durability option `wrong` unrecognized (options are "hard" and "soft").'),
    ],
    [() => t().insert({}, { durability: 1 }), err('QueryLogic', 'Expected type STRING but found NUMBER.')],
    [
      () => t().insert({}),
      err('QueryLogic', 'Durability option `wrong` unrecognized (options are "hard" and "soft").'),
      { durability: 'wrong' },
    ],
    [
      () => t().insert({}, { returnChanges: 'never' }),
      err('QueryLogic', "Invalid return_changes value `never` (options are `true`, `false`, and `'always'`.)"),
    ],
    [
      () => t().insert({}, { conflict: (a: Any, b: Any) => a.add(b) }),
      err('QueryLogic', 'The conflict function passed to `insert` should expect 3 arguments.'),
    ],
    [
      () => t().insert({}, { conflict: (_a: Any, b: Any, _c: Any) => b.merge({ u: r.uuid() }) }),
      err('QueryLogic', 'The conflict function passed to `insert` must be deterministic.'),
    ],
    [() => t().insert([], { returnChanges: true }), one({})],
    [() => r.expr(1).insert({}), err('QueryLogic', 'Expected type TABLE but found DATUM:\n1')],
    [
      () => t().filter({}).insert({}),
      err('QueryLogic', 'Expected type TABLE but found SELECTION:\nSELECTION ON table(t)'),
    ],
    [
      () => t().between(1, 2).insert({}),
      err('QueryLogic', 'Expected type TABLE but found TABLE_SLICE:\nSELECTION ON table(t)'),
    ],
    [() => t().insert({ id: 1, a: r.literal(1) }), err('QueryLogic', /^Stray literal/)],
    [
      () => t().insert([{ id: 1, a: r.minval }]),
      partial({ errors: 1, first_error: '`r.minval` and `r.maxval` cannot be written to disk.' }),
    ],
    [
      () => t().insert({ id: 1, a: r.range(100001).coerceTo('array') }),
      partial({ errors: 1, first_error: 'Array too large for disk writes (limit 100,000 elements).' }),
      { arrayLimit: 200000 },
    ],
    [
      () => t().insert([{ id: 1 }, { id: 1 }], { returnVals: true }),
      err('QueryLogic', 'Optarg RETURN_VALS is invalid for multi-row inserts.'),
    ],
    [
      () => t().insert({ id: 1, a: 1 }, { returnVals: true }),
      one({ inserted: 1, old_val: null, new_val: { id: 1, a: 1 } }),
    ],
    [
      () => t().insert({ id: 1, a: 1 }, { return_vals: true, upsert: true }),
      one({ inserted: 1, old_val: null, new_val: { id: 1, a: 1 } }),
    ],
  ]
  it.each(named(refused))('%s', async (_, one) => await check(connection, one))
})

describe('update, replace, delete', () => {
  beforeEach(async () => {
    await run(t().insert([1, 2, 3].map((id) => ({ id, a: { n: id } }))))
  })

  const cases: Case[] = [
    [
      () =>
        t()
          .get(1)
          .update({ a: { m: 5 } }),
      one({ replaced: 1 }),
    ],
    [
      () =>
        t()
          .get(1)
          .update({ a: { m: 5 } }, { returnChanges: true }),
      one({ replaced: 1, changes: [{ old_val: { id: 1, a: { n: 1 } }, new_val: { id: 1, a: { n: 1, m: 5 } } }] }),
    ],
    [
      () =>
        t()
          .get(1)
          .update(
            { a: r.literal({ m: 5 }) },
            { returnChanges: true },
          )('changes')(0)('new_val'),
      { id: 1, a: { m: 5 } },
    ],
    [() => t().get(1).update({ a: r.literal() }, { returnChanges: true })('changes')(0)('new_val'), { id: 1 }],
    [() => t().get(1).update(null), one({ unchanged: 1 })],
    [() => t().get(1).update({}), one({ unchanged: 1 })],
    [() => t().get(9).update({ a: 1 }), one({ skipped: 1 })],
    [() => t().get(9).update({ a: 1 }, { returnChanges: true }), one({ skipped: 1, changes: [] })],
    [
      () => t().get(9).update({ a: 1 }, { returnChanges: 'always' }),
      one({ skipped: 1, changes: [{ old_val: null, new_val: null }] }),
    ],
    [() => t().get(1).update(1), one({ errors: 1, first_error: 'Inserted value must be an OBJECT (got NUMBER):\n1' })],
    [() => t().update({ b: 1 }), one({ replaced: 3 })],
    [() => t().update((x: Any) => ({ b: x('a')('n').add(1) })), one({ replaced: 3 })],
    [() => t().filter({ id: 1 }).update({ b: 1 }), one({ replaced: 1 })],
    [() => t().getAll(1, 1).update({ b: 1 }), one({ replaced: 1, unchanged: 1 })],
    [() => t().between(1, 3).update({ b: 1 }), one({ replaced: 2 })],
    [() => t().orderBy('id').limit(2).update({ b: 1 }), one({ replaced: 2 })],
    [() => t().orderBy('id').nth(0).update({ b: 1 }), one({ replaced: 1 })],
    [
      () => t().get(1).update({ id: 9 }),
      one({
        errors: 1,
        first_error:
          'Primary key `id` cannot be changed (`{\n\t"a":\t{\n\t\t"n":\t1\n\t},\n\t"id":\t1\n}` -> `{\n\t"a":\t{\n\t\t"n":\t1\n\t},\n\t"id":\t9\n}`).',
      }),
    ],
    [
      () => t().update((x: Any) => r.branch(x('id').eq(2), r.error('a'), { b: 1 })),
      one({ errors: 1, replaced: 2, first_error: 'a' }),
    ],
    [
      () => t().update({ b: r.uuid() }),
      err('QueryLogic', 'Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?'),
    ],
    [
      () => t().update({ b: r.js('5') }),
      err('QueryLogic', 'Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?'),
    ],
    [
      () => t().update({ b: t().get(1) }),
      err('QueryLogic', 'Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?'),
    ],
    [() => t().update({ b: r.js('5') }, { nonAtomic: true }), one({ replaced: 3 })],
    [() => t().update({ b: t().count() }, { non_atomic: true }), one({ replaced: 3 })],
    [() => t().update({ b: r.now() }), one({ replaced: 3 })],
    [() => t().get(1).replace({ id: 1, z: 1 }), one({ replaced: 1 })],
    [
      () =>
        t()
          .get(1)
          .replace((x: Any) => x),
      one({ unchanged: 1 }),
    ],
    [() => t().get(1).replace(null), one({ deleted: 1 })],
    [() => t().get(9).replace(null), one({ skipped: 1 })],
    [() => t().get(9).replace({ id: 9 }), one({ inserted: 1 })],
    [
      () => t().get(9).replace({ id: 8 }),
      one({ errors: 1, first_error: 'Primary key `id` cannot be changed (null -> {\n\t"id":\t8\n})' }),
    ],
    [() => t().get(1).replace({}), one({ errors: 1, first_error: 'Inserted object must have primary key `id`:\n{}' })],
    [() => t().get(1).replace(2), one({ errors: 1, first_error: 'Inserted value must be an OBJECT (got NUMBER):\n2' })],
    [() => t().replace((x: Any) => x.without('a')), one({ replaced: 3 })],
    [() => t().delete(), one({ deleted: 3 })],
    [() => t().get(1).delete(), one({ deleted: 1 })],
    [() => t().get(9).delete(), one({ skipped: 1 })],
    [
      () => t().get(1).delete({ returnChanges: true }),
      one({ deleted: 1, changes: [{ old_val: { id: 1, a: { n: 1 } }, new_val: null }] }),
    ],
    [
      () =>
        t()
          .filter((x: Any) => x('id').gt(1))
          .delete(),
      one({ deleted: 2 }),
    ],
    [() => t().delete({ durability: 'wrong' }), err('QueryLogic', /^Durability option/)],
    [() => r.expr([1]).update({}), err('QueryLogic', 'Expected type SELECTION but found DATUM:\n[\n\t1\n]')],
    [
      () =>
        t()
          .map((x: Any) => x)
          .delete(),
      err('QueryLogic', 'Expected type SELECTION but found SEQUENCE:\nVALUE SEQUENCE'),
    ],
    [
      () => t().update({}, { returnVals: true }),
      err('QueryLogic', 'Optarg RETURN_VALS is invalid for multi-row modifications.'),
    ],
    [
      () => t().get(1).update({ b: 1 }, { returnVals: true }),
      one({ replaced: 1, old_val: { id: 1, a: { n: 1 } }, new_val: { id: 1, a: { n: 1 }, b: 1 } }),
    ],
    [
      () => t().get(null),
      err(
        'NonExistence',
        'Primary keys must be either a number, string, bool, pseudotype or array (got type NULL):\nnull',
      ),
    ],
    [() => t().get({ a: 1 }), err('QueryLogic', /^Primary keys must be either/)],
    [() => t().get('a'.repeat(128)), err('QueryLogic', /^Primary key too long/)],
    [
      () => t().map((x: Any) => t().insert(x)),
      err('ServerCompile', 'Cannot nest writes or meta ops in stream operations.  Use FOR_EACH instead.'),
    ],
  ]
  it.each(named(cases))('%s', async (_, one) => await check(connection, one))
})

describe('forEach and sync', () => {
  const cases: Case[] = [
    [() => r.expr([1, 2]).forEach((id: Any) => t().insert({ id })), one({ inserted: 2 })],
    [
      () => r.expr([1, 2]).forEach((id: Any) => [t().insert({ id }), t().get(id).delete()]),
      one({ inserted: 2, deleted: 2 }),
    ],
    [
      () => r.expr([1, 1]).forEach((id: Any) => t().insert({ id }, { returnChanges: true })),
      partial({ inserted: 1, errors: 1, changes: [{ old_val: null, new_val: { id: 1 } }] }),
    ],
    [() => r.expr([]).forEach((id: Any) => t().insert({ id })), {}],
    [
      () => r.expr([1]).forEach(() => 1),
      err('QueryLogic', 'FOR_EACH expects one or more basic write queries.  Expected type ARRAY but found NUMBER.'),
    ],
    [
      () => r.expr([1]).forEach((x: Any) => r.tableCreate(r.expr('made').add(x.coerceTo('string')))),
      partial({ tables_created: 1 }),
    ],
    [() => t().sync(), { synced: 1 }],
    [
      () => t().between(1, 2).sync(),
      err('QueryLogic', 'Expected type TABLE but found TABLE_SLICE:\nSELECTION ON table(t)'),
    ],
    [() => r.expr(1).sync(), err('QueryLogic', 'Expected type TABLE but found DATUM:\n1')],
  ]
  it.each(named(cases))('%s', async (_, one) => await check(connection, one))
})

describe('write hooks', () => {
  it('are set, told, used and dropped', async () => {
    await run(r.tableCreate('hooked'))
    const h = () => r.table('hooked')
    expect(await run(h().getWriteHook())).toBe(null)
    expect(
      await run(
        h().setWriteHook((c: Any, o: Any, n: Any) =>
          r.branch(n.eq(null).or(o.ne(null)), n, n.merge({ by: c('primary_key') })),
        ),
      ),
    ).toEqual({ created: 1 })
    expect(await run(h().insert({ id: 1 }, { returnChanges: true }))).toMatchObject({
      changes: [{ new_val: { id: 1, by: 1 } }],
    })
    expect(await run(h().insert({ id: 2 }, { ignoreWriteHook: true, returnChanges: true }))).toMatchObject({
      changes: [{ new_val: { id: 2 } }],
    })
    const kept = await run(h().getWriteHook())
    expect(kept.query).toMatch(/^setWriteHook\(function\(/)
    expect(await run(h().setWriteHook(null))).toEqual({ deleted: 1 })
    expect(await run(h().setWriteHook(kept.function))).toEqual({ created: 1 })
    expect(await run(h().setWriteHook(r.binary(kept.function)))).toEqual({ replaced: 1 })
    expect(await run(h().setWriteHook((_c: Any, _o: Any, _n: Any) => null))).toEqual({ replaced: 1 })
    expect((await run(h().insert({ id: 3 }))).first_error).toBe(
      'A write hook function must not turn a replace/insert into a deletion.',
    )
    await run(h().setWriteHook((_c: Any, _o: Any, _n: Any) => ({ id: 1 })))
    expect((await run(h().get(1).delete())).first_error).toBe(
      'A write hook function must not turn a deletion into a replace/insert.',
    )
    await run(h().setWriteHook((_c: Any, _o: Any, _n: Any) => r.error('no')))
    expect((await run(h().insert({ id: 3 }))).first_error).toBe('Error in write hook: no')
  })

  const refused: Case[] = [
    [
      () => r.table('hooked').setWriteHook((a: Any) => a),
      err('QueryLogic', 'Write hook functions must expect 3 arguments.'),
    ],
    [
      () => r.table('hooked').setWriteHook((_a: Any, _b: Any, c: Any) => c.merge({ at: r.now() })),
      err('QueryLogic', 'Could not prove function deterministic.  Write hook functions must be deterministic.'),
    ],
    [() => r.table('hooked').setWriteHook(1), err('QueryLogic', 'Expected type FUNCTION but found DATUM:\n1')],
  ]
  it.each(named(refused))('%s', async (_, one) => await check(connection, one))
})
