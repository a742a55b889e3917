// What the golden files of format version 1 hold: every kind of value, key and record, through inserts, replacements, deletions,
// transactions, a compaction and a batch of several frames. The same operations make the files and tell what must be read from them.

import type { StorageDirectory } from '../../src/storage/index.ts'
import { setField } from '../core/exact.ts'
import { CollectionShapes, Partition, type PartitionOptions, PutMode } from '../core/partitions.ts'

export const STEMS = ['c1.p0', 'c1.p1'] as const

export function optionsOf(storage: StorageDirectory): PartitionOptions[] {
  const shapes = new CollectionShapes('id')
  return STEMS.map((stem, id) => ({
    id,
    collection: 'golden',
    primaryKey: 'id',
    vectors: [],
    shapes,
    storage,
    stem,
    // The snapshot of the first holds its index, that of the second only says how far the log goes.
    ...(id === 0 ? { buildDocumentsMax: 0 } : {}),
  }))
}

const wide = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, i % 3 === 0 ? `v${i}` : i / 4]))
const nested = (levels: number): unknown =>
  levels === 0 ? 'bottom' : levels % 2 === 0 ? { in: nested(levels - 1) } : [nested(levels - 1)]

const withPrototypeField = {
  id: 'names',
  constructor: 1,
  toString: null,
  '': 'empty',
  'a.b': 'dot',
  '\u00e9\ud83d\ude00': 'letters',
}
setField(withPrototypeField, '__proto__', { plain: 'data' })

/** Documents of the first partition, in the order of their slots. */
export const FIRST: readonly Record<string, unknown>[] = [
  {
    id: 'scalars',
    nothing: null,
    yes: true,
    no: false,
    small: 42,
    negative: -134_217_727,
    edge: 134_217_728,
    half: 0.5,
    huge: 1e300,
    tiny: 5e-324,
  },
  { id: 'int64', zero: 0n, least: -(2n ** 63n), most: 2n ** 63n - 1n },
  { id: 'dates', epoch: new Date(0), before: new Date(-1), far: new Date(8.64e15) },
  {
    id: 'bytes',
    u8: Uint8Array.of(0, 255),
    clamped: Uint8ClampedArray.of(1),
    i8: Int8Array.of(-1),
    u16: Uint16Array.of(65_535),
    i16: Int16Array.of(-2),
    u32: Uint32Array.of(4_294_967_295),
    i32: Int32Array.of(-3),
    f32: Float32Array.of(1.5, -0),
    f64: Float64Array.of(Math.PI),
    i64: BigInt64Array.of(-4n),
    u64: BigUint64Array.of(2n ** 64n - 1n),
    none: new Uint16Array(0),
  },
  {
    id: 'texts',
    empty: '',
    ascii: 'plain',
    accents: 'na\u00efve',
    emoji: '\ud83c\udf08',
    zero: 'a\0b',
    mark: '\ufeffx',
    long: 'l'.repeat(300),
  },
  { id: 'text of two-byte ends', list: Array.from({ length: 40 }, (_, i) => `string number ${i}`) },
  { id: 'text of four-byte ends', text: 'x'.repeat(70_000), more: 'y' },
  { id: 'many words, large head', list: Array(66_000).fill(7), text: 'behind them' },
  { id: 'nested', deep: nested(200), mixed: [1, [2, [3, { x: [] }]], {}, [{}]] },
  withPrototypeField,
  { early: 1, id: 'names inside', ...wide(300), inner: wide(260) },
  { id: 1, kind: 'number' },
  { id: 2n ** 60n, kind: 'bigint' },
  { id: -0.5, kind: 'fraction' },
  { id: true, kind: 'boolean' },
  { id: new Date(1), kind: 'date' },
  { id: Uint8Array.of(1, 2, 3), kind: 'bytes' },
  { id: [1, 'a', [true]], kind: 'array' },
  { id: '3f2504e0-4f89-41d3-9a0c-0305e82c3301', kind: 'UUID', other: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
  { id: '3F2504E0-4F89-41D3-9A0C-0305E82C3301', kind: 'UUID in upper case' },
  { id: '', kind: 'empty' },
]

/** Documents of the second partition; those called `moved` came from the first. */
export const SECOND: readonly Record<string, unknown>[] = [
  { id: 'moved', n: 1 },
  ...Array.from({ length: 30 }, (_, i) => ({ id: `frames${i}`, text: 'f'.repeat(40_000), i })),
  { id: 'after the snapshot of an earlier opening', n: 2 },
]

/** Performs the operations; the files are closed when it resolves. */
export async function writeGolden(storage: StorageDirectory): Promise<void> {
  const options = optionsOf(storage)
  const [first, second] = [await Partition.create(options[0]!), await Partition.create(options[1]!)]
  const put = async (partition: Partition, documents: readonly object[]) => {
    const batch = partition.begin()
    for (const document of documents) batch.put(document, PutMode.Upsert)
    batch.commit({ hard: true })
    await partition.flush()
  }
  // What was replaced and deleted must not be seen again.
  await put(
    first,
    FIRST.slice(0, 4).map((document) => ({ ...document, old: 'replaced' })),
  )
  await put(first, FIRST.slice(0, 10))
  await put(first, [{ id: 'gone', n: 1 }])
  await first.compact()
  const gone = first.begin()
  gone.remove('gone')
  gone.commit({ hard: true })
  for (const document of FIRST.slice(10)) await put(first, [document])
  await put(first, [{ id: 'moved', n: 1 }])
  // Documents leave one partition and arrive in the other.
  const transaction = { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
  const batches = [first.begin(), second.begin()] as const
  batches[0].remove('moved')
  batches[1].put(SECOND[0]!, PutMode.Insert)
  for (const batch of batches) batch.settle()
  for (const batch of batches) batch.commit({ hard: true, transaction })
  await Promise.all([first.flush(), second.flush()])
  await put(second, SECOND.slice(1, -1))
  await second.close()
  await first.close()
  const [, again] = await Partition.openAll(optionsOf(storage))
  await put(again!, [SECOND.at(-1)!])
  await again!.close()
}
