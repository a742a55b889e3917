// Unique indexes: the error of a refused document, and the comparison of documents in different physical partitions.
// Within a partition the core itself refuses duplicates.

import type { IndexDefinition } from '../../catalog/index.ts'
import { DuplicateKeyError } from '../../error/index.ts'
import { parsePath, valueAt } from '../../query/filters.ts'
import type { Constant, PathStep } from '../../query/index.ts'
import { type Batch, Outcome } from '../batch.ts'
import { describeKey, keyIdentity } from '../key.ts'
import type { Partition } from '../partition.ts'
import { projectable } from '../read/fields.ts'
import { compileProjection, type Projection } from '../read/projection.ts'
import type { CollectionState } from '../state.ts'

type Values = readonly (Constant | undefined)[]

/** Reads the indexed fields, document by document; needs no memory of the partition. */
class IndexFields {
  readonly #steps: readonly (readonly PathStep[])[]
  readonly #projection: Projection

  constructor(fields: readonly string[]) {
    this.#steps = fields.map(parsePath)
    this.#projection = compileProjection(this.#steps.map(projectable))
  }

  read(partition: Partition, address: number): (Constant | undefined)[] {
    const document = partition.project(address, this.#projection) as Constant
    return this.#steps.map((steps) => valueAt(document, steps))
  }
}

const readers = new WeakMap<IndexDefinition, IndexFields>()

/** The reader of the fields of an index. */
export function readerOf(index: IndexDefinition): IndexFields {
  let reader = readers.get(index)
  if (reader === undefined) {
    reader = new IndexFields(index.fields)
    readers.set(index, reader)
  }
  return reader
}

/** The values under which a document is in an index, one or more tuples; none where a unique index ignores it. */
export function tuplesOf(index: IndexDefinition, partition: Partition, address: number): Values[] {
  const values = readerOf(index).read(partition, address)
  if (values.includes(undefined)) return []
  const [first, ...rest] = values
  return index.multi && Array.isArray(first) ? first.map((element: Constant) => [element, ...rest]) : [values]
}

const NO_ELEMENT = 0xffffffff

/** The error for a document with a value that the document at `address` already has in a unique index. */
export function duplicateError(
  partition: Partition,
  indexId: number,
  address: number,
  element: number,
): DuplicateKeyError {
  const index = partition.indexes.find(({ id }) => id === indexId)!
  const [first, ...rest] = readerOf(index).read(partition, address)
  const values = [element === NO_ELEMENT ? first : (first as readonly Constant[])[element], ...rest]
  return duplicateOf(index, values, partition.readKey(address))
}

function duplicateOf(index: IndexDefinition, values: Values, key: unknown): DuplicateKeyError {
  return new DuplicateKeyError(
    `unique index "${index.name}" already has ${describeValues(values)}, in the document with key ${describeKey(key)}`,
    { details: { index: index.name, fields: index.fields, values, key } },
  )
}

export function describeValues(values: Values): string {
  const shown = values.map(describeKey)
  return shown.length === 1 ? shown[0]! : `(${shown.join(', ')})`
}

const ADDRESS = new Uint32Array(1)

/** Address of the document in a partition that has these values in an index, or 0. */
export function holderOf(partition: Partition, indexId: number, values: Values): number {
  const { ordered } = partition.store
  const from = ordered.rank(indexId, { values, isAfter: false })
  if (ordered.rank(indexId, { values, isAfter: true }) === from) return 0
  ordered.read(indexId, from, ADDRESS, false)
  return ADDRESS[0]!
}

/** Undoes the last put if another partition has a document with the same unique value. */
export function refuseTwin(state: CollectionState, batch: Batch, part: number, operation: number): void {
  const outcome = batch.outcome(operation)
  if (outcome !== Outcome.Inserted && outcome !== Outcome.Replaced) return
  const { parts } = state
  const partition = parts[part]!
  const address = batch.newAddress(operation)
  for (const index of partition.indexes) {
    if (!index.unique) continue
    for (const values of tuplesOf(index, partition, address)) {
      for (const other of parts) {
        const twin = other === partition ? 0 : holderOf(other, index.id, values)
        if (twin === 0) continue
        const key = other.readKey(twin)
        // It is about to leave the partition it moves away from.
        if (keyIdentity(key) === keyIdentity(partition.readKey(address))) continue
        batch.refuse(operation, index.id, duplicateOf(index, values, key))
        return
      }
    }
  }
}
