// What is derived from the documents of one partition, besides the hash index: vectors, graphs, ordered and inverted
// indexes.

import { Graphs } from '../hnsw.ts'
import { InvertedIndexes } from '../inverted/index.ts'
import type { Memory } from '../memory.ts'
import { OrderedIndexes } from '../ordered/index.ts'
import type { VectorField } from '../record/index.ts'
import { Vectors } from '../vector.ts'
import { instantiateDerived } from './load.ts'

export interface Derived {
  readonly vectors: Vectors
  readonly inverted: InvertedIndexes
  readonly ordered: OrderedIndexes
  readonly graphs: Graphs
}

/** Called once per memory. */
export async function derive(memory: Memory, fields: readonly VectorField[]): Promise<Derived> {
  memory.derived = await instantiateDerived(memory)
  return {
    vectors: new Vectors(memory, fields),
    inverted: new InvertedIndexes(memory),
    ordered: new OrderedIndexes(memory),
    graphs: new Graphs(memory),
  }
}
