// Distances of a pair of vectors in linear memory, by address, and of all pairs of vectors that are not in memory.
// Searches do not use this: their loops run inside the core.

import { FIRST_PAGE, PAGE_BYTES } from './abi.ts'
import { instantiateDerived } from './derived/load.ts'
import { Memory, outOfMemory } from './memory.ts'
import { METRICS } from './vector.ts'

export class Kernel {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  dot(a: number, b: number, lanes: number, isDouble = false): number {
    return this.memory.derived.kernel_dot(a, b, lanes, isDouble ? 1 : 0)
  }

  /** Squared L2 distance. */
  l2(a: number, b: number, lanes: number, isDouble = false): number {
    return this.memory.derived.kernel_l2(a, b, lanes, isDouble ? 1 : 0)
  }

  /** 1 - cosine similarity, in f64. */
  cosine(a: number, b: number, lanes: number): number {
    return this.memory.derived.kernel_cosine(a, b, lanes)
  }

  hamming(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_hamming(a, b, bytes) >>> 0
  }

  jaccard(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_jaccard(a, b, bytes)
  }

  /** `a` has i16 lanes, `b` int8 lanes; `bytes` is the length of b, a multiple of 16. */
  dotCodes(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_dot_codes(a, b, bytes)
  }
}

/** A larger one is not kept. */
const SPARE_BYTES_MAX = 16_777_216
/** A core currently unused: creating one takes as long as some thousand measurements. */
let spare: Memory | undefined

async function emptyMemory(): Promise<Memory> {
  const taken = spare
  spare = undefined
  if (taken !== undefined) return taken
  const memory = await Memory.create()
  memory.derived = await instantiateDerived(memory)
  return memory
}

/** The memory before this address belongs to the core. */
const START = FIRST_PAGE * PAGE_BYTES

/**
 * Distances of all pairs of some queries and some vectors, which are copied into a core of their own, a batch at a
 * time.
 */
export class PairTable {
  /** Number of vectors that fit. */
  readonly capacity: number
  readonly #memory: Memory
  readonly #lanes: number
  readonly #metric: number
  readonly #queriesCount: number
  readonly #vectors: number
  readonly #out: number
  #count = 0

  private constructor(
    memory: Memory,
    queries: readonly Float32Array[],
    lanes: number,
    metric: number,
    capacity: number,
  ) {
    this.#memory = memory
    this.#lanes = lanes
    this.#metric = metric
    this.#queriesCount = queries.length
    this.capacity = capacity
    this.#vectors = START + queries.length * lanes * 4
    this.#out = (this.#vectors + capacity * lanes * 4 + 7) & ~7
    for (const [i, query] of queries.entries()) memory.f32.set(query, START / 4 + i * lanes)
  }

  /**
   * @param queries - of `lanes` lanes each; copied.
   * @param capacity - vectors per batch.
   * @throws LimitError when memory is exhausted.
   */
  static async create(
    queries: readonly Float32Array[],
    lanes: number,
    metric: 'cosine' | 'l2' | 'ip',
    capacity: number,
  ): Promise<PairTable> {
    const memory = await emptyMemory()
    const bytes = START + (queries.length + capacity) * lanes * 4 + 8 + queries.length * capacity * 8
    const missing = Math.ceil((bytes - memory.bytes()) / PAGE_BYTES)
    if (missing > 0) {
      try {
        ;(memory.core.memory as unknown as WebAssembly.Memory).grow(missing)
      } catch {
        throw outOfMemory('the vectors that are compared')
      }
      memory.refresh()
    }
    return new PairTable(memory, queries, lanes, METRICS[metric], capacity)
  }

  get count(): number {
    return this.#count
  }

  /** Adds a vector to the batch; there must be room. */
  add(vector: Float32Array): void {
    if (this.#count === this.capacity) throw new RangeError(`a batch of pairs has room for ${this.capacity} vectors`)
    this.#memory.f32.set(vector, this.#vectors / 4 + this.#count++ * this.#lanes)
  }

  /**
   * Measures the batch, and begins another.
   *
   * @returns the distances of the first query, then those of the next: squared L2, 1 - cosine, or dot products; valid
   * until the next call.
   */
  run(): Float64Array {
    const count = this.#count
    this.#count = 0
    const { derived } = this.#memory
    derived.kernel_pairs(START, this.#queriesCount, this.#vectors, count, this.#lanes, this.#metric, this.#out)
    return this.#memory.f64.subarray(this.#out / 8, this.#out / 8 + this.#queriesCount * count)
  }

  /** Returns the core; the table cannot be used afterwards. */
  release(): void {
    if (this.#memory.bytes() <= SPARE_BYTES_MAX) spare ??= this.#memory
  }
}
