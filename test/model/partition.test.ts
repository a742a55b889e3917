// Promise: a partition holds what was committed to it, nothing else, through any sequence of batches kept or abandoned, flushes,
// compactions with writers beside them, closings, openings and crashes of the process. Held against a Map, after every command, together
// with what must be sound in its memory. A failure prints its seed; QUIVER_SEED repeats it.

import { expect, it } from 'vitest'
import { expectStored } from '../core/exact.ts'
import {
  all,
  type Batch,
  get,
  type Key,
  Outcome,
  type Overrides,
  optionsFor,
  Partition,
  PutMode,
} from '../core/partitions.ts'
import { expectSound } from '../core/store-sound.ts'
import { settings } from '../core/values.ts'
import { SimulatedMedium } from '../crash/simulated-storage.ts'
import fc from '../property.ts'

type Step = readonly ['put', mode: PutMode, key: number, version: number] | readonly ['remove', key: number]

type Command =
  | { readonly do: 'batch'; readonly steps: readonly Step[]; readonly end: 'hard' | 'soft' | 'abandon' }
  | { readonly do: 'flush' | 'compact' | 'close' | 'crash' | 'turn' }
  | { readonly do: 'compactBeside'; readonly batches: readonly (readonly Step[])[] }

const KEYS: readonly Key[] = [
  0,
  1n,
  2.5,
  'a',
  'b',
  '',
  'x'.repeat(300),
  true,
  new Date(7),
  Uint8Array.of(1, 2),
  [1, 'z'],
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
]

const mode = fc.constantFrom<PutMode>(PutMode.Insert, PutMode.Upsert, PutMode.Replace)
const key = fc.nat({ max: KEYS.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('put' as const), mode, key, fc.nat({ max: 8 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('remove' as const), key) },
)
const steps = fc.array(step, { minLength: 1, maxLength: 14 })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      steps,
      end: fc.constantFrom('hard' as const, 'soft' as const, 'abandon' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('flush' as const, 'compact' as const, 'close' as const, 'crash' as const, 'turn' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('compactBeside' as const),
      batches: fc.array(steps, { minLength: 1, maxLength: 5 }),
    }),
  },
)

const WIDE = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`w${i}`, i]))

/** Sizes and shapes of many kinds, by version. */
function documentOf(number: number, version: number): Record<string, unknown> {
  const base = { id: KEYS[number], version }
  switch (version) {
    case 0:
      return base
    case 1:
      return { version, id: KEYS[number], text: 'na\u00efve' }
    case 2:
      return { ...base, text: 'x'.repeat(3_000), n: 0.5 }
    case 3:
      return { ...base, ...WIDE }
    case 4:
      return { ...base, o: { p: [{ q: version, at: new Date(version) }] }, bytes: new Uint8Array(700).fill(number) }
    case 5:
      return { ...base, text: 'y'.repeat(70_000), list: Array.from({ length: 500 }, (_, i) => `s${i}`) }
    default:
      return { ...base, [`only${number}`]: version, text: 'z'.repeat(version * 13) }
  }
}

class Run {
  readonly model = new Map<number, number>()
  private medium = new SimulatedMedium()
  private partition!: Partition
  private readonly extra: Overrides

  constructor(extra: Overrides) {
    this.extra = extra
  }

  async create(): Promise<void> {
    this.partition = await Partition.create(this.options())
  }

  private options() {
    return optionsFor(this.medium.reopen(), this.extra)
  }

  async perform(command: Command): Promise<void> {
    switch (command.do) {
      case 'batch':
        this.batch(command.steps, command.end)
        if (command.end === 'hard') await this.partition.flush()
        break
      case 'flush':
        await this.partition.flush()
        expect(this.partition.log!.durable).toBe(this.partition.logPosition)
        break
      case 'compact':
        await this.partition.compact()
        break
      case 'compactBeside': {
        const done = this.partition.compact()
        for (const one of command.batches) {
          this.batch(one, 'soft')
          await new Promise((resolve) => setImmediate(resolve))
        }
        await done
        break
      }
      case 'close':
        await this.partition.close()
        await this.open()
        break
      case 'crash':
        this.medium = this.medium.crash({ seed: 1, mode: 'all' })
        await this.open()
        break
      case 'turn':
        await new Promise((resolve) => setImmediate(resolve))
        break
    }
    this.compare()
  }

  private async open(): Promise<void> {
    const [partition] = await Partition.openAll([this.options()])
    this.partition = partition!
  }

  private batch(steps: readonly Step[], end: 'hard' | 'soft' | 'abandon'): void {
    const batch = this.partition.begin()
    const next = new Map(this.model)
    const expected = steps.map((one) => stage(batch, next, one))
    batch.settle()
    expect(steps.map((_, i) => batch.outcome(i))).toEqual(expected)
    if (end === 'abandon') {
      batch.abandon()
      return
    }
    batch.commit({ hard: end === 'hard' })
    this.model.clear()
    for (const [number, version] of next) this.model.set(number, version)
  }

  private compare(): void {
    expect(this.partition.count).toBe(this.model.size)
    for (const [number, version] of this.model)
      expectStored(documentOf(number, version), get(this.partition, KEYS[number]!))
    for (const document of all(this.partition)) {
      const number = [...this.model].find(
        ([one]) => this.partition.find(KEYS[one]!) === this.partition.find(document['id'] as Key),
      )?.[0]
      expectStored(documentOf(number!, this.model.get(number!)!), document)
    }
    expectSound(this.partition)
  }
}

/** Stages one step; answers the outcome that the model gives it. */
function stage(batch: Batch, next: Map<number, number>, step: Step): Outcome {
  if (step[0] === 'remove') {
    batch.remove(KEYS[step[1]]!)
    return next.delete(step[1]) ? Outcome.Deleted : Outcome.Missing
  }
  const [, mode, number, version] = step
  const before = next.get(number)
  batch.put(documentOf(number, version), mode)
  if (before === undefined && mode === PutMode.Replace) return Outcome.Missing
  if (before !== undefined && mode === PutMode.Insert) return Outcome.Exists
  next.set(number, version)
  if (before === undefined) return Outcome.Inserted
  // The order of keys is no part of the value: versions 0 and 1 differ in more than that.
  return before === version ? Outcome.Unchanged : Outcome.Replaced
}

for (const [name, extra] of [
  ['builds its index when opened', {}],
  ['restores its index from the snapshot', { buildDocumentsMax: 0 }],
  ['reads its log through and builds its index', { isPlain: true, passageBytesMin: 1 }],
  [
    'reads its log through under the index of the snapshot',
    { isPlain: true, passageBytesMin: 1, buildDocumentsMax: 0 },
  ],
] as const) {
  it(`agrees with a Map, and ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
        const run = new Run(extra)
        await run.create()
        for (const one of commands) await run.perform(one)
        await run.perform({ do: 'close' })
        await run.perform({ do: 'crash' })
      }),
      {
        ...settings('isPlain' in extra ? 100 : 150),
        ...(process.env.QUIVER_PATH === undefined ? {} : { path: process.env.QUIVER_PATH }),
      },
    )
  })
}
