// The vector fields of one partition: declared once, then maintained by the core with every write.

import {
  CODE_BINARY,
  CODE_BITS,
  CODE_INT8,
  CODE_NONE,
  KEY_BUFFER,
  KEY_BUFFER_BYTES,
  METRIC_COSINE,
  METRIC_HAMMING,
  METRIC_IP,
  METRIC_JACCARD,
  METRIC_L2,
  S_SLOT_TOP,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from './abi.ts'
import { type Memory, outOfMemory } from './memory.ts'
import { elementOf, isBitMetric, type VectorField } from './record/index.ts'

export const METRICS = {
  cosine: METRIC_COSINE,
  l2: METRIC_L2,
  ip: METRIC_IP,
  hamming: METRIC_HAMMING,
  jaccard: METRIC_JACCARD,
} as const
const CODES = { none: CODE_NONE, int8: CODE_INT8, binary: CODE_BINARY } as const

/**
 * With fewer lanes, graph walks use the vectors themselves, unless they are stored as codes: int8 codes cannot tell
 * points of a plane or a space apart (of 20,000 in towns, by degrees, walks found 8 of the ten nearest), and hardly a
 * byte is saved.
 */
const WALK_CODES_LANES_MIN = 9

/** Slots whose rows are made in one call. */
const FOLLOW_SLOTS = 512

function codeOf({ metric, dimension, element, index }: VectorField): number {
  if (isBitMetric(metric)) return CODE_BITS
  const code = CODES[index?.quantization ?? 'int8']
  const isWalked = index?.type === 'hnsw' || index?.type === 'auto'
  return isWalked && code === CODE_INT8 && dimension < WALK_CODES_LANES_MIN && element !== 'codes' ? CODE_NONE : code
}

export class Vectors {
  readonly fields: readonly VectorField[]
  private readonly memory: Memory
  private isDeclared = false

  constructor(memory: Memory, fields: readonly VectorField[]) {
    this.memory = memory
    this.fields = fields
  }

  /**
   * Called once, when the partition's documents are loaded: from then on rows follow every write. `followFrom` makes the
   * rows of the documents; for a field whose graph is loaded too, they are made on demand, or by `make`. Returns the
   * first slot for `followFrom`, or -1 if it has nothing to do.
   */
  follow(): number {
    const { memory, fields } = this
    if (fields.length === 0) return -1
    if (!this.isDeclared) for (const field of fields) this.declare(field)
    this.isDeclared = true
    const adopted = fields.filter((_, i) => this.adopt(i)).length
    return adopted < fields.length && memory.state(S_SLOT_TOP) > 0 ? 0 : -1
  }

  /** Makes some rows; returns the slot to go on from, or -1. */
  followFrom(slot: number): number {
    const { memory } = this
    const status = memory.derived.vector_follow(slot, FOLLOW_SLOTS)
    memory.refresh()
    if (status !== STATUS_OK) throw outOfMemory('the vectors')
    return slot + FOLLOW_SLOTS < memory.state(S_SLOT_TOP) ? slot + FOLLOW_SLOTS : -1
  }

  private adopt(field: number): boolean {
    const status = this.memory.derived.hnsw_adopt(field)
    this.memory.refresh()
    if (status === STATUS_OUT_OF_MEMORY) throw outOfMemory('the vectors')
    return status === STATUS_OK
  }

  /** Makes up to `count` deferred rows of a field; returns whether there may be more. */
  make(field: number, count: number): boolean {
    return this.memory.derived.vector_make(field, count) !== 0
  }

  private declare(field: VectorField): void {
    const { memory } = this
    const { written } = new TextEncoder().encodeInto(
      field.name,
      memory.u8.subarray(KEY_BUFFER, KEY_BUFFER + KEY_BUFFER_BYTES),
    )
    const status = memory.derived.vector_declare(
      written,
      field.dimension,
      METRICS[field.metric],
      elementOf(field),
      codeOf(field),
    )
    memory.refresh()
    if (status !== STATUS_OK) throw outOfMemory('the vectors')
  }

  /** Number of documents that have a vector in a field, by the field's number. */
  count(field: number): number {
    return this.isDeclared ? this.memory.derived.vector_count(field) >>> 0 : 0
  }
}
