// The graphs of one partition are maintained in the background: a write only notes which vectors changed, and the
// graphs follow in slices between turns of the event loop. Searches are correct at any moment; they only take longer
// while many vectors wait.

import type { Store, VectorField } from '../../core/index.ts'
import { performance } from '../../core/index.ts'
import { LimitError } from '../../error/index.ts'
import { endRest, pause, rest } from '../pause.ts'

/** Length of a slice; several partitions may take turns. */
const UPKEEP_SLICE_MS = 5
/** Slots processed in one call. A vector takes 0.05 to 2 ms. */
const SLOTS_PER_CALL = 8

/** Rows of codes made in one call, and pieces of links unpacked in one call. */
const ROWS_PER_CALL = 256
const PIECES_PER_CALL = 8

/** Number of slots processed since a graph was saved that makes saving it again worthwhile. */
const SAVED_SLOTS = 10_000

/**
 * Changes that may wait for the graph of a field before writers have to wait. For each, a vector that is gone is kept;
 * the second limit is on their total bytes.
 */
const KEPT_MAX = 32_768
const KEPT_BYTES = 67_108_864

function keptMax({ dimension }: VectorField): number {
  return Math.min(KEPT_MAX, Math.ceil(KEPT_BYTES / (5 * dimension)))
}

/** Writes to wait before retrying a graph that did not fit in memory: something may have been deleted. */
const RESPITE_WRITES = 500

/** Number of vectors from which a field with a graph index gets its graph; below it an exact scan is as fast. */
const HNSW_VECTORS = 256
/**
 * The same for `'auto'`, by the bytes of the codes: the point where a walk is several times faster than scanning every
 * code.
 */
const AUTO_CODE_BYTES = 2_097_152
const AUTO_VECTORS_MIN = 4_000
const AUTO_VECTORS_MAX = 20_000

function graphFrom({ dimension, metric, index }: VectorField): number {
  if (index?.type === 'hnsw') return index.graphFrom ?? HNSW_VECTORS
  if (index?.type !== 'auto') return Infinity
  if (index.graphFrom !== undefined) return index.graphFrom
  const isBits = metric === 'hamming' || metric === 'jaccard'
  const codeBytes = 16 + (isBits ? dimension / 8 : dimension)
  return Math.min(AUTO_VECTORS_MAX, Math.max(AUTO_VECTORS_MIN, Math.ceil(AUTO_CODE_BYTES / codeBytes)))
}

export interface UpkeepHost {
  readonly store: Store
  /** Called when a graph has changed. */
  onDerivedChanged(): void
  /** Called when the graphs are up to date and enough work was done to make saving them worthwhile. */
  saveGraphs(): void
  /** Called when the core has trapped: no more may be written, and no snapshot made of what is in memory. */
  poison(cause: unknown): void
}

interface Field {
  /** Number of the field. */
  readonly field: number
  /** Number of vectors from which it has a graph. */
  readonly from: number
  readonly m: number
  readonly efConstruction: number
  /** How many changes may wait. */
  readonly keptMax: number
}

export class Upkeep {
  readonly #host: UpkeepHost
  readonly #fields: readonly Field[]
  #running: Promise<void> | undefined
  #relief: Promise<void> | undefined
  #isStopped = false
  /** Writes left before the next attempt after running out of memory. */
  #respite = 0
  #done = 0
  /** The largest backlog of any graph after the last write, as a fraction of what is allowed. */
  #load = 0
  /** Whether opening has left rows to be completed later. */
  #hasRowsLeft = true

  /** Undefined when no field will ever have a graph. */
  static of(host: UpkeepHost, fields: readonly VectorField[]): Upkeep | undefined {
    const wanted = fields.map((field, number) => ({
      field: number,
      from: graphFrom(field),
      m: field.index?.m ?? 16,
      efConstruction: field.index?.efConstruction ?? 128,
      keptMax: keptMax(field),
    }))
    const some = wanted.filter(({ from }) => from < Infinity)
    return some.length === 0 ? undefined : new Upkeep(host, some)
  }

  private constructor(host: UpkeepHost, fields: readonly Field[]) {
    this.#host = host
    this.#fields = fields
  }

  /**
   * Called after a write, which may have caused work. Graphs are begun here, not in the background, so that they depend
   * on the writes alone.
   */
  wake(): void {
    if (this.#isStopped || !this.#begin()) return
    if (this.#running !== undefined || !this.#hasWork()) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Begins graphs that are due; returns false if there was recently no memory for one. */
  #begin(): boolean {
    const { graphs, vectors } = this.#host.store
    const isResting = this.#respite > 0
    if (isResting) this.#respite--
    this.#load = 0
    for (const { field, from, m, efConstruction, keptMax } of this.#fields) {
      const kept = graphs.settle(field)
      if (kept > this.#load * keptMax) this.#load = kept / keptMax
      if (isResting || kept >= 0 || vectors.count(field) < from) continue
      this.#host.onDerivedChanged()
      try {
        graphs.create(field, m, efConstruction)
      } catch (error) {
        if (!(error instanceof LimitError)) throw error
        this.#respite = RESPITE_WRITES
      }
    }
    return this.#respite === 0
  }

  /** Set while so many changes wait that writers should wait, too. */
  get pressure(): Promise<void> | undefined {
    if (this.#load > 1 && this.#relief === undefined) {
      this.#relief = this.#relieve().finally(() => {
        this.#relief = undefined
      })
    }
    return this.#relief
  }

  async #relieve(): Promise<void> {
    try {
      do await pause()
      while (!this.#isStopped && this.#slice() && this.#begin() && this.#load > 0.5)
    } catch (error) {
      // The background work will fail in the same way.
      if (!(error instanceof LimitError)) this.#trapped(error)
    } finally {
      this.#load = 0
    }
  }

  /** Begins nothing from now on. Running work ends with its slice. */
  stop(): void {
    this.#isStopped = true
    endRest(this)
  }

  /**
   * Brings the graphs up to date while the event loop keeps turning. A graph that no longer reflects the order of the
   * writes is rebuilt.
   *
   * @throws LimitError when they do not fit in the partition's memory.
   */
  async finish(): Promise<void> {
    for (const { field } of this.#fields) if (!this.#isStopped) this.#host.store.graphs.straighten(field)
    this.#host.onDerivedChanged()
    while (!this.#isStopped && this.#hasWork() && this.#slice()) await pause()
    this.#settle()
  }

  /** The number of vectors waiting. */
  get pending(): number {
    return this.#fields.reduce((sum, field) => sum + this.#pendingOf(field), 0)
  }

  #pendingOf({ field, from }: Field): number {
    const { graphs, vectors } = this.#host.store
    if (graphs.has(field)) return graphs.dirty(field)
    const count = vectors.count(field)
    return count < from ? 0 : count
  }

  #hasWork(): boolean {
    return this.#hasRowsLeft || this.#fields.some((field) => this.#pendingOf(field) > 0)
  }

  async #run(): Promise<void> {
    try {
      do await rest(this)
      while (!this.#isStopped && this.#slice())
      this.#settle()
    } catch (error) {
      // Out of memory: the rest stays dirty, and searches scan it.
      if (error instanceof LimitError) this.#respite = RESPITE_WRITES
      else this.#trapped(error)
    }
  }

  #trapped(error: unknown): void {
    this.stop()
    this.#host.poison(error)
  }

  #settle(): void {
    if (this.#isStopped || this.#done < SAVED_SLOTS) return
    this.#done = 0
    this.#host.saveGraphs()
  }

  /** Works for one slice; returns false when nothing is left. */
  #slice(): boolean {
    const { graphs, vectors } = this.#host.store
    const end = performance.now() + UPKEEP_SLICE_MS
    for (const { field, from, m, efConstruction } of this.#fields) {
      if (!graphs.has(field)) {
        if (vectors.count(field) < from) continue
        graphs.create(field, m, efConstruction)
      }
      if (graphs.dirty(field) === 0) continue
      this.#host.onDerivedChanged()
      const isOver = () => {
        this.#done += SLOTS_PER_CALL
        return performance.now() > end
      }
      if (graphs.maintainUntil(field, SLOTS_PER_CALL, isOver)) return true
    }
    return this.#makeRows(end)
  }

  #makeRows(end: number): boolean {
    const { graphs, vectors } = this.#host.store
    for (const { field } of this.#fields) {
      while (this.#hasRowsLeft && (graphs.reach(field, PIECES_PER_CALL) || vectors.make(field, ROWS_PER_CALL))) {
        if (performance.now() > end) return true
      }
    }
    this.#hasRowsLeft = false
    return false
  }
}
