// An open collection as the engine holds it. A partition as users see it is a group of `shards` physical partitions;
// `parts` lists the physical ones of all groups, group by group. The arrays are replaced, never changed, so that a
// cursor may keep the one it began with.

import { type CollectionDefinition, DEFAULT_PARTITION, type IndexDefinition } from '../catalog/index.ts'
import { ClosedError, type QuiverError } from '../error/index.ts'
import type { Key } from '../value/index.ts'
import type { Gate } from './gate.ts'
import type { KeyIndex } from './indexes/key-index.ts'
import { Line } from './line.ts'
import { ConflictRule, partitionNotFound, WriteRequest } from './options.ts'
import type { CollectionShapes, Partition } from './partition.ts'
import { queriesPart } from './parts.ts'
import { shardOf } from './shard.ts'
import type { Watcher, WriteListener } from './write/watch.ts'

/** A partition as users see it. */
export interface PartitionGroup {
  readonly name: string
  readonly id: number
  readonly parts: readonly Partition[]
}

/** The state behind each collection, for other files of this room; see direct.ts. */
export const STATES = new WeakMap<object, CollectionState>()

export class CollectionState {
  readonly gate: Gate
  readonly shapes: CollectionShapes
  readonly isOnDisk: boolean
  /** Whether writes wait for the flush by default. */
  readonly isHard: boolean
  readonly primaryKey: string
  readonly shards: number
  /** The prepared requests of an insert and an upsert of one document without options. */
  readonly insertRequest: WriteRequest
  readonly upsertRequest: WriteRequest
  definition: CollectionDefinition
  groups: readonly PartitionGroup[] = []
  parts: readonly Partition[] = []
  /** The physical partition, if there is only one. */
  single: Partition | null = null
  /** The ordered indexes that queries use: complete, and in the catalog. */
  indexes: readonly IndexDefinition[] = []
  /** Whether a document must be compared with those of other physical partitions before it is final. */
  isUniqueAcross = false
  /** An index of the primary key, made by the engine itself; see indexes/key-index.ts. */
  keyIndex: KeyIndex | null = null
  /** How often it would have helped. */
  keyWishes = 0
  isDropped = false
  /** Called for each insert that reads from a source, when nothing more can be written. */
  readonly sources = new Set<() => void>()
  readonly watchers = new Set<Watcher>()
  #listener: WriteListener | null = null
  /** Physical partitions that the last write waits for before it is acknowledged. */
  written: readonly Partition[] = []
  /** Where `locate` found the key. */
  locatedPart = -1
  /** Calls that wait until filters can run. */
  readonly line = new Line(this)
  /** Whether a write may first have to read a lot; see line.ts. */
  isUnread = false
  /** The parts known to be able to run filters. */
  #queryable: readonly Partition[] | undefined

  constructor(
    gate: Gate,
    definition: CollectionDefinition,
    shapes: CollectionShapes,
    durability: 'hard' | 'soft' | null,
  ) {
    this.gate = gate
    this.definition = definition
    this.shapes = shapes
    this.isOnDisk = durability !== null
    this.isHard = durability === 'hard'
    this.primaryKey = definition.primaryKey
    this.shards = definition.shards
    this.insertRequest = new WriteRequest(this.isHard)
    this.upsertRequest = new WriteRequest(this.isHard)
    this.upsertRequest.conflict = ConflictRule.Replace
  }

  get name(): string {
    return this.definition.name
  }

  /** The default partition comes first. */
  setGroups(groups: readonly PartitionGroup[]): void {
    this.groups = groups
    this.parts = groups.flatMap((group) => group.parts)
    this.single = this.parts.length === 1 ? this.parts[0]! : null
    this.isUnread = this.parts.some(({ residency }) => residency?.isLong)
    this.setIndexes(this.indexes)
    this.setListener(this.#listener)
  }

  /** Sets who receives changes; see watch.ts. */
  setListener(listener: WriteListener | null): void {
    this.single?.group?.run()
    this.#listener = listener
    for (const part of this.parts) part.listener = listener
  }

  /**
   * Sets the indexes that are from now on complete in all partitions, and enforced if unique.
   *
   * @param used - those that queries use.
   */
  setIndexes(indexes: readonly IndexDefinition[], used = indexes): void {
    this.indexes = used
    for (const part of this.parts) part.indexes = indexes
    this.isUniqueAcross = this.single === null && indexes.some(({ unique }) => unique)
  }

  refuseRead(): QuiverError | null {
    // What was written before is seen.
    this.single?.group?.run()
    return this.isDropped ? this.#dropped() : this.gate.refuseRead()
  }

  refuseWrite(): QuiverError | null {
    return this.isDropped ? this.#dropped() : this.gate.refuseWrite()
  }

  /** Whether filters can run at once; otherwise `prepare` comes first. */
  get isQueryable(): boolean {
    if (this.#queryable === this.parts) return true
    if (queriesPart.now === undefined || !this.parts.every((part) => part.hasFilters)) return false
    this.#queryable = this.parts
    return true
  }

  /** Loads what filters need; with `isReadWhole`, also reads all records into memory. */
  async prepare(isReadWhole = false): Promise<void> {
    if (isReadWhole) for (const { residency } of this.parts) await residency?.readInTurns()
    this.isUnread &&= !isReadWhole
    while (!this.isQueryable) {
      await Promise.all([queriesPart.load(), ...this.parts.map((part) => part.enableFilters())])
    }
  }

  #dropped(): QuiverError {
    return new ClosedError(`collection "${this.name}" was dropped`, { details: { collection: this.name } })
  }

  /**
   * Rejects with the error that ended a write. A trap leaves the core in the middle of an operation: nothing more may
   * be written.
   */
  reject(error: unknown): Promise<never> {
    for (const { batch } of this.parts) batch.endLeft(error)
    if (error instanceof WebAssembly.RuntimeError) this.gate.poisonWith(error)
    return Promise.reject(error)
  }

  /** Index of a partition by its name; throws NotFoundError. */
  groupIndex(name: unknown): number {
    if (name === DEFAULT_PARTITION) return 0
    const index = this.groups.findIndex((group) => group.name === name)
    if (index < 0)
      throw partitionNotFound(
        this.name,
        name,
        this.groups.map((group) => group.name),
      )
    return index
  }

  /** The physical partition of a group that a key belongs to, as an index into `parts`. */
  partOf(group: number, key: unknown): number {
    return this.shards === 1 ? group : group * this.shards + shardOf(key, this.shards)
  }

  /**
   * Address of the document with this key, or 0; `locatedPart` is set to its index in `parts`. Throws when the key is
   * not valid.
   */
  locate(key: Key): number {
    const { parts, shards } = this
    for (let part = shards === 1 ? 0 : shardOf(key, shards); part < parts.length; part += shards) {
      const address = parts[part]!.find(key)
      if (address === 0) continue
      this.locatedPart = part
      return address
    }
    this.locatedPart = -1
    return 0
  }

  /** A list with only this physical partition. */
  listOf(partition: Partition): readonly Partition[] {
    return partition === this.single ? this.parts : [partition]
  }

  count(): number {
    let count = 0
    for (const part of this.parts) count += part.count
    return count
  }
}
