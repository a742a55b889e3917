// Random operations on a collection, and what carries them out on the engine and on the model side by side. Knows no test framework and
// nothing of Node, so that it runs in a page as well.

import fc from 'fast-check'
import type { Collection, Database, Document, WriteResult } from '../../src/index.ts'
import {
  CollectionModel,
  canon,
  type Decision,
  decide,
  type Options,
  type Plain,
  type Result,
} from './collection-model.ts'

/** What is claimed of the engine. */
export interface Claims {
  equal(got: unknown, wanted: unknown): void
  /** The call is refused, with these words in the message. */
  refused(call: Promise<unknown>, words?: string): Promise<void>
}

export type Operation =
  | {
      readonly do: 'insert'
      readonly documents: readonly Plain[]
      readonly conflict: 'error' | 'replace' | 'update' | Decision
      readonly how: 'array' | 'stream'
      readonly options: Options
    }
  | {
      readonly do: 'update' | 'replace' | 'delete'
      readonly keys: readonly unknown[] | 'all'
      readonly value: Plain | Decision
      readonly options: Options
    }
  | { readonly do: 'createPartition' | 'dropPartition'; readonly name: string }
  | { readonly do: 'reopen' | 'optimize' }

const DECISIONS: readonly Decision[] = ['null', 'old', 'new', 'both', 'throw', 'async', 'rekey', 'undefined', 'bad']

const key = fc.constantFrom<unknown>(0, 1, 1n, 2, 3n, 4, 'a', 'b', '1')
const value = fc.oneof(
  fc.constantFrom<unknown>(1, 1n, 'x', null, true, undefined, [1], [1, { z: 1 }]),
  fc.record({ a: fc.constantFrom(1, 2, undefined), b: fc.constantFrom('x', { c: 1 }, { d: 2 }) }, { requiredKeys: [] }),
)
const fields = fc.record({ n: value, o: value }, { requiredKeys: [] })
const document = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(key, fields).map(([id, rest]) => ({ id, ...rest }) as Plain) },
  { weight: 1, arbitrary: fields as fc.Arbitrary<Plain> },
  { weight: 1, arbitrary: key.map((id) => ({ id, n: NaN }) as Plain) },
)
const options: fc.Arbitrary<Options> = fc.record(
  {
    partition: fc.constantFrom('_default', 'p', 'q'),
    returnChanges: fc.constantFrom<false | true | 'always'>(false, true, 'always'),
    atomic: fc.boolean(),
  },
  { requiredKeys: [] },
)
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('insert' as const),
      documents: fc.array(document, { maxLength: 6 }),
      conflict: fc.constantFrom<'error' | 'replace' | 'update' | Decision>(
        'error',
        'replace',
        'update',
        'replace',
        ...DECISIONS,
      ),
      how: fc.constantFrom<'array' | 'stream'>('array', 'array', 'array', 'stream'),
      options,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom<'update' | 'replace' | 'delete'>('update', 'replace', 'delete'),
      keys: fc.oneof(
        { weight: 5, arbitrary: fc.array(key, { maxLength: 5 }) },
        { weight: 1, arbitrary: fc.constant('all' as const) },
      ),
      value: fc.oneof(
        fields as fc.Arbitrary<Plain>,
        fc.tuple(key, fields).map(([id, rest]) => ({ id, ...rest }) as Plain),
        fc.constantFrom(...DECISIONS),
      ),
      options,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom<'createPartition' | 'dropPartition'>('createPartition', 'dropPartition'),
      name: fc.constantFrom('p', 'q'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom<'reopen' | 'optimize'>('reopen', 'optimize') }) },
)

/** The function that the engine gets for a decision. */
function functionOf(decision: Decision) {
  if (decision === 'async') return async () => ({})
  return (old: Plain, given: Plain) => {
    if (decision === 'throw') throw new Error('thrown on purpose')
    return decide(decision, old, given) as Plain
  }
}

/** A result as the model tells it. */
function comparable(result: WriteResult, claims: Claims): Result {
  const { firstError, generatedKeys, warnings, changes, ...counters } = result
  claims.equal([firstError !== undefined, warnings], [result.errors > 0, undefined])
  return {
    ...counters,
    generatedCount: generatedKeys?.length ?? 0,
    ...(changes === undefined
      ? {}
      : {
          changes: changes.map(({ error, ...change }) => ({
            ...change,
            ...(error === undefined ? {} : { error: 'some' }),
          })),
        }),
  }
}

function* madeKeys(result: WriteResult): Generator<unknown> {
  yield* result.generatedKeys ?? []
  // Keys that are not told: of documents undone again.
  for (let n = 0; ; n++) yield `undone ${n}`
}

export class Pair {
  readonly model = new CollectionModel()
  constructor(
    public db: Database,
    public collection: Collection,
    private readonly claims: Claims,
    private readonly reopen: (() => Promise<Database>) | undefined,
  ) {}

  /** Applies the operations one by one, then opens the database again; compares after each. */
  async run(operations: readonly Operation[]): Promise<void> {
    for (const step of [...operations, { do: 'reopen' } as const]) {
      await this.apply(step)
      await this.compare()
    }
  }

  async apply(step: Operation): Promise<void> {
    const { model, collection, claims } = this
    switch (step.do) {
      case 'createPartition':
      case 'dropPartition': {
        const isThere = model.partitions.includes(step.name)
        if (isThere === (step.do === 'createPartition')) {
          await claims.refused(collection[step.do](step.name))
          return
        }
        await collection[step.do](step.name)
        model.partitions = isThere
          ? model.partitions.filter((name) => name !== step.name)
          : [...model.partitions, step.name]
        for (const [id, { partition }] of model.stored) if (partition === step.name && isThere) model.stored.delete(id)
        return
      }
      case 'reopen':
        if (this.reopen === undefined) return
        await this.db.close()
        this.db = await this.reopen()
        this.collection = this.db.collection('posts')
        return
      case 'optimize':
        await collection.optimize()
        return
      case 'insert':
        return await this.#insert(step)
      default:
        return await this.#alter(step)
    }
  }

  async #insert(step: Operation & { do: 'insert' }): Promise<void> {
    const isNamed = step.conflict === 'error' || step.conflict === 'replace' || step.conflict === 'update'
    const conflict = isNamed ? step.conflict : functionOf(step.conflict as Decision)
    const given = {
      ...step.options,
      conflict:
        typeof conflict === 'function'
          ? (_: unknown, old: Plain, fresh: Plain) => conflict(old, fresh) as Plain
          : conflict,
    }
    if (step.conflict === 'async') given.conflict = (async () => ({})) as never
    const call = this.collection.insert(
      step.how === 'array' ? step.documents : step.documents.values(),
      given as object,
    )
    if (this.#isUnknown(step.options)) {
      await this.claims.refused(call, 'has no partition')
      return
    }
    const result = await call
    const wanted = this.model.insert(step.documents, step.conflict, step.options, madeKeys(result))
    this.claims.equal(comparable(result, this.claims), wanted)
  }

  async #alter(step: Operation & { do: 'update' | 'replace' | 'delete' }): Promise<void> {
    const decision = step.value
    const change = typeof decision === 'string' ? functionOf(decision) : decision
    const asked =
      typeof change === 'function' && decision !== 'async' ? (old: Plain) => change(old, {}) as Plain : change
    const selection = step.keys === 'all' ? {} : (step.keys as string[])
    const call =
      step.do === 'delete'
        ? this.collection.delete(selection, step.options)
        : this.collection[step.do](selection, asked as object, step.options)
    if (this.#isUnknown(step.options)) {
      await this.claims.refused(call, 'has no partition')
      return
    }
    const result = comparable(await call, this.claims)
    const { changes, ...counters } = result
    const isAll = step.keys === 'all'
    let keys = isAll
      ? [...this.model.stored.values()].map(({ document }) => document.id)
      : (step.keys as readonly unknown[])
    if (isAll && step.do === 'delete' && step.options.partition !== undefined) {
      keys = keys.filter((id) => this.model.stored.get(canon(id))!.partition === step.options.partition)
    }
    const { changes: expected, ...expectedCounters } = this.model.alter(step.do, keys, step.value, step.options)
    this.claims.equal(counters, expectedCounters)
    if (!isAll) this.claims.equal(changes, expected)
    else
      this.claims.equal(
        changes?.map(({ key: id }) => canon(id)).sort(),
        expected?.map(({ key: id }) => canon(id)).sort(),
      )
  }

  #isUnknown({ partition }: Options): boolean {
    return partition !== undefined && !this.model.partitions.includes(partition)
  }

  async compare(): Promise<void> {
    const { model, collection, claims } = this
    const inOrder = (documents: readonly Plain[]) => [...documents].sort((a, b) => (canon(a.id) < canon(b.id) ? -1 : 1))
    for (const name of model.partitions) {
      const expected = [...model.stored.values()]
        .filter(({ partition }) => partition === name)
        .map((one) => one.document)
      const found = await collection.find({ partitions: [name] }).toArray()
      claims.equal(inOrder(found), inOrder(expected.map(withoutUndefined)))
    }
    claims.equal(await collection.count(), model.stored.size)
    const keys = [0, 1, 2, 3, 4, 'a', 'b', '1']
    const wanted = keys.map((id) => {
      const there = model.stored.get(canon(id))
      return there === undefined ? undefined : withoutUndefined(there.document)
    })
    claims.equal(await collection.getMany(keys), wanted)
  }
}

function withoutUndefined(document: Plain): Document {
  const kept: Plain = {}
  for (const [name, inner] of Object.entries(document)) {
    if (inner === undefined) continue
    kept[name] =
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? withoutUndefined(inner as Plain) : inner
  }
  return kept
}
