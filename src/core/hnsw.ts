// The graphs over the vector fields of one partition. A write only notes which vectors changed; `maintain` brings a graph up to date, a
// few of them at a time, and until it has, searches look at those one by one.

import {
  KEY_BUFFER,
  KEY_BUFFER_BYTES,
  S_GRAPH_VISITED,
  S_GRAPHS,
  SLOT_NONE,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  VECTOR_FIELDS_MAX,
} from './abi.ts'
import type { FlatSearch } from './flat.ts'
import { checkMemory, type Memory, outOfMemory } from './memory.ts'

const PIECE_HEAD_BYTES = 8
/** With more of the nodes out of date than one in so many, walks lose their way. */
const STALE_SHARE = 4

export interface GraphQuery {
  /** Number of the vector field. */
  readonly field: number
  /** Nodes gathered. */
  readonly ef: number
  /** How many of them are measured exactly, at least: more where int8 codes tell too little. */
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

  /** After each batch that stands: a graph that has lost most of its vectors begins anew. Answers what `kept` does, or -1: there is no graph. */
  settle(field: number): number {
    return this.memory.derived.hnsw_settle(field)
  }

  /** Whether a walk finds its way: else looking at every vector is better. */
  isWalkable(field: number): boolean {
    const linked = this.linked(field)
    return linked > 0 && this.stale(field) * STALE_SHARE <= linked && this.dirty(field) <= linked
  }

  /** Changes that wait, for each of which the vector that was there before is kept. */
  kept(field: number): number {
    return this.memory.derived.hnsw_kept(field) >>> 0
  }

  /**
   * Does up to `count` of what waits, in the order of the writes and as if each had been done at once; answers how much is left.
   *
   * @throws LimitError when the partition's memory does not hold the graph.
   */
  maintain(field: number, count: number): number {
    const left = this.memory.derived.hnsw_maintain(field, count)
    this.memory.refresh()
    if (left === STATUS_OUT_OF_MEMORY) throw outOfMemory('the graph')
    return left
  }

  /** The same, `count` by `count`, until nothing is left or `isOver`, which looks at no vector; answers whether something is left. */
  maintainUntil(field: number, count: number, isOver: () => boolean): boolean {
    const { derived } = this.memory
    derived.hnsw_rewind(field)
    try {
      while (this.maintain(field, count) > 0) if (isOver()) return true
      return false
    } finally {
      derived.hnsw_replay(field)
    }
  }

  /**
   * Whether the order of the writes was lost, for want of memory or in a crash. Then everything is dirty now, and linked anew, in the order of the slots, by
   * `maintain`.
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

  /** The links of all graphs, as a snapshot holds them: pieces, each borrowed until the next. */
  *packed(): Generator<Uint8Array> {
    const { memory } = this
    for (const field of this.fields()) {
      for (let slot = 0; slot !== SLOT_NONE; ) {
        slot = memory.derived.hnsw_pack(field, slot) >>> 0
        yield memory.u8.subarray(KEY_BUFFER, KEY_BUFFER + memory.state(KEY_BUFFER))
      }
    }
  }

  /**
   * Takes the links back, into graphs that were restored without them: `take` puts a piece at the start of the memory it is given, which is
   * 4,096 bytes.
   */
  unpack(take: (room: Uint8Array) => void): void {
    const { memory } = this
    for (const field of this.fields()) {
      for (let slot = 0; slot !== SLOT_NONE; ) {
        take(memory.u8.subarray(KEY_BUFFER, KEY_BUFFER + KEY_BUFFER_BYTES))
        slot = memory.derived.hnsw_unpack(field, slot) >>> 0
      }
    }
  }

  /** Room for packed links that wait to be asked for, in the partition's memory; 0: there is none, and `unpack` is the way. */
  room(bytes: number): number {
    const at = this.memory.derived.hnsw_hold_room(bytes) >>> 0
    this.memory.refresh()
    return at
  }

  /** Takes the pieces in the room, `bytes` in all; `check` is called with the address and length of each. False: they are not what `packed` gives. */
  hold(room: number, bytes: number, check: (address: number, bytes: number) => void): boolean {
    const { memory } = this
    const view = new DataView(memory.core.memory.buffer)
    const end = room + bytes
    let at = room
    for (const field of this.fields()) {
      if (memory.derived.hnsw_hold_begin(field) === 0) return false
      for (let slot = 0; slot !== SLOT_NONE; ) {
        const length = at + PIECE_HEAD_BYTES <= end ? view.getUint32(at, true) : 0
        if (length < PIECE_HEAD_BYTES || length > KEY_BUFFER_BYTES || at + length > end) return false
        check(at, length)
        const next = memory.derived.hnsw_hold(field, at, slot) >>> 0
        if (next === slot && slot !== 0) return false
        slot = next
        at += length
      }
    }
    return at === end
  }

  /** Unpacks up to `count` pieces of links that wait; whether there are more. */
  reach(field: number, count: number): boolean {
    return this.memory.derived.hnsw_reach(field, count) !== 0
  }

  /** Unpacks all that wait. */
  reachAll(): void {
    for (const field of this.fields()) this.reach(field, 0xffffffff)
  }

  /** Fields with a graph, begun or whole. */
  private *fields(): Generator<number> {
    for (let field = 0; field < VECTOR_FIELDS_MAX; field++)
      if (this.memory.state(S_GRAPHS + field * 4) !== 0) yield field
  }

  /** Nodes whose links searches have followed, ever. */
  get visited(): number {
    return this.memory.state(S_GRAPH_VISITED)
  }
}
