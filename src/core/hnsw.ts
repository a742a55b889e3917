// The graphs over the vector fields of one partition. A write only notes which vectors changed; `maintain` brings a
// graph up to date, a few vectors at a time, and until then searches scan the changed ones.

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
/** If more than one in this many nodes is out of date, walks lose their way. */
const STALE_SHARE = 4

export interface GraphQuery {
  /** Number of the vector field. */
  readonly field: number
  /** Number of nodes gathered. */
  readonly ef: number
  /** Minimum number of them measured exactly: more where int8 codes are too imprecise. */
  readonly rescored: number
  /** With fewer nodes gathered the walk fails. */
  readonly wanted: number
  /** Maximum number of distances per query; beyond it the walk fails. */
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
   * Creates the graph of a field, still to be built.
   *
   * @throws LimitError when the partition's memory cannot hold it.
   */
  create(field: number, m: number, efConstruction: number): void {
    const status = this.memory.derived.hnsw_create(field, m, efConstruction)
    this.memory.refresh()
    checkMemory(status, 'the graph')
  }

  /** Number of vectors that are nodes of the graph. */
  linked(field: number): number {
    return this.memory.derived.hnsw_linked(field) >>> 0
  }

  /** Number of slots whose vectors changed since. */
  dirty(field: number): number {
    return this.memory.derived.hnsw_dirty(field) >>> 0
  }

  /** How many of them are still nodes. */
  stale(field: number): number {
    return this.memory.derived.hnsw_stale(field) >>> 0
  }

  /**
   * Called after each committed batch: restarts a graph that has lost most of its vectors. Returns what `kept` does, or
   * -1 without a graph.
   */
  settle(field: number): number {
    return this.memory.derived.hnsw_settle(field)
  }

  /** Whether walks find their way; otherwise scanning every vector is better. */
  isWalkable(field: number): boolean {
    const linked = this.linked(field)
    return linked > 0 && this.stale(field) * STALE_SHARE <= linked && this.dirty(field) <= linked
  }

  /** Number of waiting changes for which the previous vector is kept. */
  kept(field: number): number {
    return this.memory.derived.hnsw_kept(field) >>> 0
  }

  /**
   * Processes up to `count` waiting changes, in the order of the writes and as if each had been processed at once;
   * returns how many are left.
   *
   * @throws LimitError when the partition's memory cannot hold the graph.
   */
  maintain(field: number, count: number): number {
    const left = this.memory.derived.hnsw_maintain(field, count)
    this.memory.refresh()
    if (left === STATUS_OUT_OF_MEMORY) throw outOfMemory('the graph')
    return left
  }

  /**
   * The same, `count` at a time, until nothing is left or `isOver` returns true; `isOver` must not read vectors.
   * Returns whether something is left.
   */
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
   * Whether the order of the writes was lost, for want of memory or in a crash. Then everything is marked dirty, and
   * `maintain` links it again in slot order.
   */
  straighten(field: number): boolean {
    return this.memory.derived.hnsw_straighten(field) !== 0
  }

  /**
   * Answers one query of a search by the graph. Returns false if it did not find enough, and the search must be
   * restarted.
   */
  search(search: FlatSearch, query: number, options: GraphQuery): boolean {
    const { memory } = this
    const { field, ef, rescored, wanted, budget } = options
    const status = memory.derived.hnsw_search(search.address, field, query, ef, rescored, wanted, budget)
    memory.refresh()
    return status === STATUS_OK
  }

  /** The links of all graphs as a snapshot holds them: pieces, each borrowed until the next. */
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
   * Restores the links of graphs that were restored without them: `take` puts a piece at the start of the memory it is
   * given, which is 4,096 bytes long.
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

  /**
   * Reserves room in the partition's memory for packed links that are unpacked on demand; 0 if there is none, and
   * `unpack` must be used.
   */
  room(bytes: number): number {
    const at = this.memory.derived.hnsw_hold_room(bytes) >>> 0
    this.memory.refresh()
    return at
  }

  /**
   * Takes over the pieces in the room, `bytes` in all; `check` is called with the address and length of each. Returns
   * false if they are not what `packed` yields.
   */
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

  /** Unpacks up to `count` pieces of waiting links; returns whether there are more. */
  reach(field: number, count: number): boolean {
    return this.memory.derived.hnsw_reach(field, count) !== 0
  }

  /** Unpacks all waiting links. */
  reachAll(): void {
    for (const field of this.fields()) this.reach(field, 0xffffffff)
  }

  /** Fields with a graph, begun or complete. */
  private *fields(): Generator<number> {
    for (let field = 0; field < VECTOR_FIELDS_MAX; field++)
      if (this.memory.state(S_GRAPHS + field * 4) !== 0) yield field
  }

  /** Total number of nodes whose links searches have followed. */
  get visited(): number {
    return this.memory.state(S_GRAPH_VISITED)
  }
}
