// Single fields of stored documents, read without the rest of them.

import { type Constant, type PathStep, parsePath, valueAt } from '../query/index.ts'
import type { Partition } from './partition.ts'
import { compileProjection, type Projection } from './projection.ts'

/** Reads the values at some paths. */
export class FieldReader {
  readonly #steps: readonly (readonly PathStep[])[]
  readonly #projection: Projection

  /** @param paths - dotted; numbers are positions in arrays. */
  constructor(paths: readonly string[]) {
    this.#steps = paths.map(parsePath)
    this.#projection = compileProjection(this.#steps.map(projectable))
  }

  /** The values, undefined where a path leads nowhere; they are the caller's own. */
  read(partition: Partition, address: number): (Constant | undefined)[] {
    const document = partition.project(address, this.#projection) as Constant
    return this.#steps.map((steps) => valueAt(document, steps))
  }
}

/** The path up to where it might enter an array: a projection does not. */
function projectable(steps: readonly PathStep[]): string {
  const entered = steps.findIndex(({ index }, at) => at > 0 && index !== null)
  const names = (entered < 0 ? steps : steps.slice(0, entered)).map(({ name }) => name)
  return names.join('.')
}
