// Single fields of stored documents, read without the rest: scalars by the core, other values by projection.

import { Cells, ELSEWHERE } from '../../core/derived/index.ts'
import { CELLS_MAX } from '../../core/index.ts'
import { fieldsProgram, parsePath, valueAt } from '../../query/filters.ts'
import type { Constant, FilterProgram, PathStep } from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import { compileProjection, type Projection } from './projection.ts'

/** Documents that a reader takes at a time. */
export const FIELDS_CHUNK = CELLS_MAX

/** Reads the values at some paths. */
export class FieldReader {
  /** For each path, the scalars of the documents filled in last. */
  readonly columns: readonly Cells[]
  readonly #steps: readonly (readonly PathStep[])[]
  readonly #projections: readonly Projection[]
  readonly #program: FilterProgram
  #partition!: Partition
  #addresses!: Uint32Array

  /** @param paths - dotted; numbers are positions in arrays. */
  constructor(paths: readonly string[]) {
    this.#steps = paths.map(parsePath)
    this.#projections = this.#steps.map((steps) => compileProjection([projectable(steps)]))
    this.#program = fieldsProgram(this.#steps)
    this.columns = paths.map(() => new Cells())
  }

  /** Loads the next documents, at most FIELDS_CHUNK. Their values may be read until the next write. */
  fill(partition: Partition, addresses: Uint32Array, count: number): void {
    for (let field = 0; field < this.columns.length; field++) this.fillField(partition, addresses, count, field)
  }

  /** The same for one path: its cells are also in the core until the next are filled. */
  fillField(partition: Partition, addresses: Uint32Array, count: number, field: number): void {
    this.#partition = partition
    this.#addresses = addresses
    partition.store.filters.cells(this.#program, field, addresses, count, this.columns[field]!)
  }

  /** The value of a document at a path, undefined where there is none. The caller owns it. */
  value(i: number, field: number): Constant | undefined {
    const value = this.columns[field]!.value(i)
    return value === ELSEWHERE ? this.#project(i, field) : (value as Constant | undefined)
  }

  #project(i: number, field: number): Constant | undefined {
    const document = this.#partition.project(this.#addresses[i]!, this.#projections[field]!)
    return valueAt(document as Constant, this.#steps[field]!)
  }

  /** The values of a document at all paths. */
  values(i: number): (Constant | undefined)[] {
    return this.columns.map((_, field) => this.value(i, field))
  }
}

/** The path up to where it might enter an array, which a projection does not do. */
export function projectable(steps: readonly PathStep[]): string {
  const entered = steps.findIndex(({ index }, at) => at > 0 && index !== null)
  const names = (entered < 0 ? steps : steps.slice(0, entered)).map(({ name }) => name)
  return names.join('.')
}
