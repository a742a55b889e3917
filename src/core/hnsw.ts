// The graphs over the vector fields of one partition. A write only notes which vectors changed; `maintain` brings a graph up to date, a
// few of them at a time, and until it has, searches look at those one by one.

import { S_GRAPH_VISITED, STATUS_OK, STATUS_OUT_OF_MEMORY, VECTOR_FIELDS_MAX } from './abi.ts'
import type { FlatSearch } from './flat.ts'
import { checkMemory, type Memory, outOfMemory } from './memory.ts'

export interface GraphQuery {
  /** Number of the vector field. */
  readonly field: number
  /** Nodes gathered. */
  readonly ef: number
  /** How many of them are measured exactly. */
  readonly rescored: number
  /** Fewer gathered than this is no answer. */
  readonly wanted: number
  /** Distances a query may compute; more is no answer. */
  readonly budget: number
}

export class Graphs {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** Whether any field has one. */
  get isAny(): boolean {
    for (let field = 0; field < VECTOR_FIELDS_MAX; field++) if (this.has(field)) return true
    return false
  }

  has(field: number): boolean {
    return this.memory.derived.hnsw_exists(field) !== 0
  }

  /**
   * Gives a field a graph that has yet to be built.
   *
   * @throws LimitError when the partition's memory does not hold it.
   */
  create(field: number, m: number, efConstruction: number): void {
    const status = this.memory.derived.hnsw_create(field, m, efConstruction)
    this.memory.refresh()
    checkMemory(status, 'the graph')
  }

  /** Vectors that are nodes of the graph. */
  linked(field: number): number {
    return this.memory.derived.hnsw_linked(field) >>> 0
  }

  /** Slots whose vectors changed since. */
  dirty(field: number): number {
    return this.memory.derived.hnsw_dirty(field) >>> 0
  }

  /** Those of them that are nodes still. */
  stale(field: number): number {
    return this.memory.derived.hnsw_stale(field) >>> 0
  }

  /**
   * Brings up to `count` slots up to date; answers how many are left.
   *
   * @throws LimitError when the partition's memory does not hold the graph.
   */
  maintain(field: number, count: number): number {
    const left = this.memory.derived.hnsw_maintain(field, count)
    this.memory.refresh()
    if (left === STATUS_OUT_OF_MEMORY) throw outOfMemory('the graph')
    return left
  }

  /**
   * Whether what was linked depends on when it was, between writes. Then all of it is dirty now, and linked anew, in the order of the slots,
   * by `maintain`: the graph is that of the vectors as they are, whatever was written in which order.
   */
  straighten(field: number): boolean {
    return this.memory.derived.hnsw_straighten(field) !== 0
  }

  /** Fills in what one query of a search asks for, by the graph. False: it did not find enough, and the search is to be begun again. */
  search(search: FlatSearch, query: number, options: GraphQuery): boolean {
    const { memory } = this
    const { field, ef, rescored, wanted, budget } = options
    const status = memory.derived.hnsw_search(search.address, field, query, ef, rescored, wanted, budget)
    memory.refresh()
    return status === STATUS_OK
  }

  /** Nodes whose links searches have followed, ever. */
  get visited(): number {
    return this.memory.state(S_GRAPH_VISITED)
  }
}
