// Promise: the store of a partition finds what was put and nothing else, however keys come and go; a batch stands or falls as one; and
// memory that was freed is used again, so that a collection rewritten for ever stays as large as it is.

import { describe, expect, it } from 'vitest'
import { S_DIRECTORY, S_DIRECTORY_DEPTH, S_SEGMENTS } from '../../src/core/abi.ts'
import fc from '../property.ts'
import { expectStored } from './exact.ts'
import { all, get, inMemory, type Key, Outcome, type Partition, PutMode, remove, upsert } from './partitions.ts'
import { expectSound } from './store-sound.ts'
import { settings } from './values.ts'

const isDebug = process.env.QUIVER_WASM === 'debug'

/** Numbers that look random and follow from a seed. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** Tag bytes, passed-over counters and entry counts of all segments of the hash index. */
function indexOf(partition: Partition): { segments: number; tags: number; passed: number; entries: number } {
  const { memory } = partition.store
  const directory = memory.state(S_DIRECTORY) / 4
  const distinct = new Set(memory.u32.subarray(directory, directory + 2 ** memory.state(S_DIRECTORY_DEPTH)))
  let tags = 0
  let passed = 0
  let entries = 0
  for (const segment of distinct) {
    for (let group = 0; group < 256; group++) {
      const head = segment + group * 32
      for (let i = 0; i < 16; i++) if (memory.u8[head + i] !== 0) tags++
      passed += memory.u16[(head + 16) / 2]!
    }
    entries += memory.u32[(segment + 8192) / 4]!
  }
  expect(memory.state(S_SEGMENTS)).toBe(distinct.size)
  return { segments: distinct.size, tags, passed, entries }
}

describe('the index', () => {
  const keysCount = isDebug ? 60_000 : 300_000

  it(`agrees with a Map through ${keysCount} keys coming and going`, async () => {
    const partition = await inMemory()
    const model = new Map<string, number>()
    const random = randomOf(7)
    const keyOf = (number: number): Key =>
      number % 3 === 0 ? number : number % 3 === 1 ? `key ${number}` : [number, 'x']
    let round = 0
    for (const [inserts, deletes] of [
      [1, 0],
      [0.5, 0.5],
      [0.2, 0.8],
      [0.8, 0.2],
      [0, 0.6],
      [1, 0],
    ] as const) {
      for (let done = 0; done < keysCount; done += 5_000) {
        const batch = partition.begin()
        round++
        for (let i = 0; i < 5_000; i++) {
          const number = random(keysCount)
          if (random(1_000) < inserts * 1_000) {
            batch.put({ id: keyOf(number), round }, PutMode.Upsert)
            model.set(`${number}`, round)
          } else if (random(1_000) < deletes * 1_000) {
            const operation = batch.remove(keyOf(number))
            const expected = model.delete(`${number}`) ? Outcome.Deleted : Outcome.Missing
            if (batch.outcome(operation) !== expected)
              expect.fail(`deleting ${number} answers ${batch.outcome(operation)}`)
          }
        }
        batch.commit({ hard: false })
      }
      expect(partition.count).toBe(model.size)
      expect(indexOf(partition)).toMatchObject({ entries: model.size, tags: model.size })
    }
    for (let number = 0; number < keysCount; number++) {
      const address = partition.find(keyOf(number))
      const expected = model.get(`${number}`)
      if ((address === 0) !== (expected === undefined)) expect.fail(`${number} is ${address === 0 ? 'not ' : ''}found`)
      if (address !== 0 && partition.read(address)['round'] !== expected)
        expect.fail(`${number} is not of its last round`)
    }
  })

  it('is as good as new after everything was deleted', async () => {
    const partition = await inMemory()
    const count = isDebug ? 20_000 : 60_000
    let segments = 0
    for (let round = 0; round < 4; round++) {
      const keys = Array.from({ length: count }, (_, i) => `${round}:${i}`)
      upsert(
        partition,
        keys.map((id) => ({ id })),
      )
      const full = indexOf(partition)
      expect(full.entries).toBe(count)
      segments ||= full.segments
      // Other keys split other segments; their number stays about the same.
      expect(full.segments).toBeLessThan(segments * 1.5)
      remove(partition, keys.reverse())
      expect(indexOf(partition)).toEqual({ segments: full.segments, tags: 0, passed: 0, entries: 0 })
      segments = full.segments
    }
  })

  it('finds many keys at once as it finds them one by one', async () => {
    const partition = await inMemory()
    const keys: Key[] = [
      '',
      'a',
      '\u00e9',
      '\ud83d\ude00',
      'x'.repeat(256),
      'x'.repeat(257),
      'x'.repeat(1_024),
      1,
      1.5,
      2n ** 60n,
      true,
      new Date(5),
    ]
    keys.push(
      Uint8Array.of(1),
      [1, 'a'],
      '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
    )
    for (let i = 0; i < 300; i++) keys.push(`key ${i}`, `schl\u00fcssel ${i}`, i * 7)
    upsert(
      partition,
      keys.filter((_, i) => i % 3 !== 1).map((id) => ({ id })),
    )
    const orders = [
      keys,
      [...keys].reverse(),
      keys.filter((key) => typeof key === 'string'),
      [],
      ['a', 'a', 'none', 'a'],
    ]
    for (const asked of orders) {
      const addresses = new Uint32Array(asked.length)
      partition.findMany(asked, addresses)
      expect([...addresses]).toEqual(asked.map((key) => partition.find(key)))
    }
    for (const bad of ['\ud800', 'x\udc00', 'x'.repeat(1_025), Number.NaN, null]) {
      const addresses = new Uint32Array(3)
      expect(() => partition.findMany(['a', bad as Key, 'b'], addresses)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/QUIVER_(TYPE|LIMIT)/) }),
      )
    }
    // Halves of a pair in neighbouring keys are refused, not put together.
    expect(() => partition.findMany(['a\ud83d', '\ude00b'], new Uint32Array(2))).toThrow(/surrogate/)
  })
})

type Step = readonly ['put', mode: 0 | 1 | 2, key: number, value: number] | readonly ['remove', key: number]

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('put' as const),
      fc.constantFrom(0 as const, 1 as const, 2 as const),
      fc.nat({ max: 11 }),
      fc.nat({ max: 3 }),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('remove' as const), fc.nat({ max: 11 })) },
)

/** Sizes that move a record from one size class to another. */
const documentOf = (key: number, value: number) => ({
  id: key % 2 === 0 ? key : `key ${key}`,
  value,
  text: 'x'.repeat(value * 97),
})

function run(partition: Partition, model: Map<number, number>, steps: readonly Step[]): void {
  const batch = partition.begin()
  const expected: number[] = []
  for (const step of steps) {
    if (step[0] === 'put') {
      const [, mode, key, value] = step
      const before = model.get(key)
      batch.put(documentOf(key, value), mode)
      if (before === undefined) {
        expected.push(mode === PutMode.Replace ? Outcome.Missing : Outcome.Inserted)
        if (mode !== PutMode.Replace) model.set(key, value)
      } else if (mode === PutMode.Insert) {
        expected.push(Outcome.Exists)
      } else {
        expected.push(before === value ? Outcome.Unchanged : Outcome.Replaced)
        model.set(key, value)
      }
    } else {
      batch.remove(documentOf(step[1], 0).id)
      expected.push(model.delete(step[1]) ? Outcome.Deleted : Outcome.Missing)
    }
  }
  batch.settle()
  expect(steps.map((_, i) => batch.outcome(i))).toEqual(expected)
  const counts = [
    batch.inserted,
    batch.replaced,
    batch.unchanged,
    batch.exists,
    batch.missing,
    batch.deleted,
    batch.failed,
  ]
  const outcomes = [
    Outcome.Inserted,
    Outcome.Replaced,
    Outcome.Unchanged,
    Outcome.Exists,
    Outcome.Missing,
    Outcome.Deleted,
    Outcome.Failed,
  ]
  expect(counts).toEqual(outcomes.map((outcome) => expected.filter((one) => one === outcome).length))
  expect(batch.isDirty).toBe(
    expected.some((one) => one === Outcome.Inserted || one === Outcome.Replaced || one === Outcome.Deleted),
  )
}

function expectModel(partition: Partition, model: Map<number, number>): void {
  expectSound(partition)
  expect(partition.count).toBe(model.size)
  for (const [key, value] of model) expectStored(documentOf(key, value), get(partition, documentOf(key, 0).id))
}

describe('a batch', () => {
  it('does what its operations say in their order, and abandoned leaves everything as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(anyStep, { maxLength: 25 }), fc.boolean()), { maxLength: 12 }),
        async (batches) => {
          const partition = await inMemory()
          let model = new Map<number, number>()
          for (const [steps, isKept] of batches) {
            const before = all(partition)
            const next = new Map(model)
            run(partition, next, steps)
            // The open batch is seen by reads already.
            for (const [key, value] of next) expectStored(documentOf(key, value), get(partition, documentOf(key, 0).id))
            const batch = partition['batch']
            if (isKept) {
              batch.commit({ hard: false })
              model = next
            } else {
              batch.abandon()
              all(partition).forEach((document, i) => {
                expectStored(before[i], document)
              })
            }
            expectModel(partition, model)
          }
        },
      ),
      settings(300),
    )
  })

  it('can be abandoned when it is large and the index has grown under it', async () => {
    const partition = await inMemory()
    upsert(
      partition,
      Array.from({ length: 5_000 }, (_, i) => ({ id: i, old: true })),
    )
    const count = isDebug ? 20_000 : 50_000
    for (let round = 0; round < 3; round++) {
      const batch = partition.begin()
      for (let i = 0; i < 5_000; i += 2) batch.remove(i)
      for (let i = 0; i < count; i++) batch.put({ id: i, fresh: 'x'.repeat(i % 50) }, PutMode.Upsert)
      for (let i = 1; i < count; i += 7) batch.remove(i)
      batch.abandon()
      expect(partition.count).toBe(5_000)
      expectSound(partition)
      for (let i = 0; i < 5_000; i += 11) expectStored({ id: i, old: true }, get(partition, i))
      expect(indexOf(partition).entries).toBe(5_000)
    }
  })

  it('shows the document before and after each operation until it is committed', async () => {
    const partition = await inMemory()
    upsert(partition, [{ id: 1, v: 'old' }])
    const batch = partition.begin()
    const replaced = batch.put({ id: 1, v: 'new' }, PutMode.Upsert)
    const again = batch.put({ id: 1, v: 'newer' }, PutMode.Upsert)
    const gone = batch.remove(1)
    const back = batch.put({ id: 1, v: 'newest' }, PutMode.Insert)
    expect(batch.outcome(back)).toBe(Outcome.Pending)
    batch.settle()
    const seen = [replaced, again, gone, back].map((operation) => [
      batch.oldAddress(operation) && partition.read(batch.oldAddress(operation))['v'],
      batch.newAddress(operation) && partition.read(batch.newAddress(operation))['v'],
    ])
    expect(seen).toEqual([
      ['old', 'new'],
      ['new', 'newer'],
      ['newer', 0],
      [0, 'newest'],
    ])
    batch.commit({ hard: false })
    expectStored([{ id: 1, v: 'newest' }], all(partition))
  })
})

describe('memory', () => {
  const churn = (
    partition: Partition,
    rounds: number,
    sizeOf: (round: number, random: (bound: number) => number) => number,
  ): number[] => {
    const random = randomOf(3)
    const sizes: number[] = []
    for (let round = 0; round < rounds; round++) {
      for (let piece = 0; piece < 10; piece++) {
        const documents = Array.from({ length: 200 }, () => ({
          id: random(2_000),
          text: 'x'.repeat(sizeOf(round, random)),
        }))
        upsert(partition, documents)
      }
      sizes.push(partition.store.memory.usedBytes())
    }
    return sizes
  }

  it('stays bounded when documents are rewritten for ever at the same sizes', async () => {
    const partition = await inMemory()
    const sizes = churn(partition, 60, (_, random) => 20 + random(1_000))
    expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[9]! * 1.25)
    expectSound(partition)
  })

  it('stays near what is alive when sizes drift upwards, round by round', async () => {
    const partition = await inMemory()
    const rounds = isDebug ? 60 : 150
    const sizes = churn(partition, rounds, (round, random) => 50 + round * 20 + random(40))
    expectSound(partition)
    const overhead = 2_000_000
    expect(sizes.at(-1)! - overhead).toBeLessThan(partition.store.liveBytes * 2)
  })

  it('stays near what is alive when sizes drift down, jump, and documents come and go', async () => {
    const partition = await inMemory()
    const peak = churn(partition, 40, (round, random) => 4_000 - round * 90 + random(100)).at(-1)!
    churn(partition, 40, (round, random) => (round % 2 === 0 ? 3_000 + random(900) : 10))
    remove(
      partition,
      Array.from({ length: 2_000 }, (_, i) => i),
    )
    expect(partition.store.liveBytes).toBe(0)
    // Empty again, it takes the largest size without growing: free neighbours have merged.
    churn(partition, 5, () => 4_000)
    expect(partition.store.memory.usedBytes()).toBeLessThan(peak * 1.35)
    expectSound(partition)
  })

  it('gives the staging of one huge document back', async () => {
    const partition = await inMemory()
    upsert(partition, [{ id: 'small' }])
    const before = partition.store.memory.bytes()
    for (let i = 0; i < 5; i++)
      upsert(partition, [{ id: 'huge', list: Array.from({ length: 1_000_000 }, (_, j) => i + j) }])
    remove(partition, ['huge'])
    const after = partition.store.memory.bytes()
    for (let i = 0; i < 5; i++) upsert(partition, [{ id: `h${i}`, text: 'x'.repeat(1_000_000) }])
    expect(partition.store.memory.bytes()).toBeLessThanOrEqual(after)
    expect(before).toBeLessThan(after)
    expectSound(partition)
  })
})
