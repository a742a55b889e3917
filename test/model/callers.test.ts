// Promise: calls that take turns answer rightly, whatever is written, indexed or dropped between two of their slices. Several callers make
// random calls at once; what a call finds is compared with all that its documents were meanwhile. The clock advances with each look at it.
// A failure prints its seed; QUIVER_SEED repeats it.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Collection, ConflictError, NotFoundError, open, StateError } from '../../src/index.ts'
import { randomOf } from '../core/vectors.ts'

interface One {
  readonly id: number
  readonly n: number
  readonly text: string
}

const KEYS = 3_000
const CALLS = 60
const FIRST = Number(process.env.QUIVER_SEED ?? 1)

/** All states of each document since a moment, undefined where there was none. */
class Times {
  readonly #now = new Map<number, One>()
  readonly #calls = new Set<Map<number, (One | undefined)[]>>()

  set(id: number, one: One | undefined): void {
    for (const call of this.#calls) call.set(id, [...(call.get(id) ?? [this.#now.get(id)]), one])
    if (one === undefined) this.#now.delete(id)
    else this.#now.set(id, one)
  }

  get all(): One[] {
    return [...this.#now.values()]
  }

  async during<R>(run: () => Promise<R>): Promise<[R, StatesOf]> {
    const call = new Map<number, (One | undefined)[]>()
    this.#calls.add(call)
    try {
      const answer = await run()
      const now = new Map(this.#now)
      return [answer, (id) => call.get(id) ?? [now.get(id)]]
    } finally {
      this.#calls.delete(call)
    }
  }
}

type StatesOf = (id: number) => readonly (One | undefined)[]

/** Those that must be among the ids are, and no others than those that matched at some time. */
function expectIds(
  ids: ReadonlySet<number>,
  statesOf: StatesOf,
  isSure: (states: readonly (One | undefined)[]) => boolean,
  matches: (state: One | undefined) => boolean,
): void {
  const all = Array.from({ length: KEYS }, (_, id) => id)
  expect(all.filter((id) => !ids.has(id) && isSure(statesOf(id)))).toEqual([])
  expect(all.filter((id) => ids.has(id) && !statesOf(id).some(matches))).toEqual([])
}

beforeEach(() => {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 4))
})
afterEach(() => {
  vi.restoreAllMocks()
})

it.each(Array.from({ length: 6 }, (_, i) => [FIRST + i]))('seed %d', async (seed) => {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const db = await open(':memory:')
  const c: Collection<One> = await db.createCollection('c', { shards: seed % 2 === 0 ? 3 : 1 })
  // Its parts are loaded: writes take effect when they are called.
  await c.createIndex('warm', { type: 'text', fields: ['text'] })
  await c.search({ text: 'w', index: 'warm' })
  await c.dropIndex('warm')
  await c.find({ filter: { n: 1 }, sort: 'n' }).toArray()
  const times = new Times()
  let next = 200
  const some = (id: number): One => ({ id, n: below(10), text: `w${below(5)} w${below(5)}` })
  const put = async (ones: One[]) => {
    const written = c.upsert(ones)
    for (const one of ones) times.set(one.id, one)
    await written
  }
  await put(Array.from({ length: 200 }, (_, id) => some(id)))

  /** What was there throughout and matched is found once, and nothing else than what matched at some time. */
  const expectFound = (found: readonly One[], statesOf: StatesOf, n: number) => {
    const ids = new Set(found.map(({ id }) => id))
    expect(ids.size).toBe(found.length)
    for (const one of found) expect(statesOf(one.id)).toContainEqual(one)
    expectIds(
      ids,
      statesOf,
      (states) => states.length === 1 && states[0]?.n === n,
      (one) => one?.n === n,
    )
  }
  const CALLS_OF: (() => Promise<unknown>)[] = [
    () =>
      put(
        [some(below(next % KEYS)), some(below(next % KEYS))].filter(({ id }, i, ones) => i === 0 || id !== ones[0]!.id),
      ),
    async () => {
      const id = below(next % KEYS)
      const deleted = c.delete(id)
      times.set(id, undefined)
      await deleted
    },
    async () => {
      const n = below(10)
      const sort = below(2) === 0 ? 'n' : undefined
      const [found, statesOf] = await times.during(() => c.find({ filter: { n }, sort }).toArray())
      expectFound(found, statesOf, n)
    },
    async () => {
      const n = below(10)
      const [count, statesOf] = await times.during(() => c.count({ n }))
      const matching = (is: (states: readonly (One | undefined)[]) => boolean) =>
        Array.from({ length: KEYS }, (_, id) => statesOf(id)).filter(is).length
      expect(count).toBeGreaterThanOrEqual(matching((states) => states.length === 1 && states[0]?.n === n))
      // One that is deleted and inserted again is another.
      const most = Array.from({ length: KEYS }, (_, id) => statesOf(id).filter((state) => state?.n === n).length)
      expect(count).toBeLessThanOrEqual(most.reduce((sum, times) => sum + times, 0))
    },
    async () => {
      const word = `w${below(5)}`
      const has = (one: One | undefined) => one?.text.includes(word) ?? false
      const group = below(2) === 0 ? { field: 'n', size: KEYS } : undefined
      const [hits, statesOf] = await times.during(() => c.search({ text: word, limit: KEYS, group } as never))
      const ids = new Set((hits as { id: number }[]).map(({ id }) => id))
      expectIds(ids, statesOf, (states) => states.every(has), has)
    },
    () => (below(2) === 0 ? c.createIndex('n') : c.dropIndex('n')),
    async () => {
      await c.dropIndex('n').catch(() => {})
      const made = c.createIndex('n').catch(() => {})
      // New documents: those before them have a place in the index.
      for (let i = 0; i < 40; i++) await put([some(next++ % KEYS)])
      await made
    },
    () => (below(3) > 0 ? c.createIndex('text', { type: 'text', fields: ['text'] }) : c.dropIndex('text')),
  ]
  let left = CALLS * 4
  const caller = async () => {
    while (left-- > 0) {
      for (let turns = below(6); turns > 0; turns--) await null
      if (below(3) === 0) await new Promise((resolve) => setImmediate(resolve))
      await CALLS_OF[below(CALLS_OF.length)]!().catch((error: unknown) => {
        // An index is there already, or none, or was dropped under a query.
        const isRefusal =
          error instanceof ConflictError || error instanceof NotFoundError || error instanceof StateError
        if (!isRefusal && !/has no text index/.test(String(error))) throw error
      })
    }
  }
  await Promise.all(Array.from({ length: 6 }, caller))
  for (let n = 0; n < 10; n++) expect(await c.count({ n })).toBe(times.all.filter((one) => one.n === n).length)
  await db.close()
})
