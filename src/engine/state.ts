// An open collection as the engine holds it. A partition as users see it is a group of `shards` physical partitions; `parts` lists
// the physical ones of all groups, those of one group together. The arrays are replaced, never changed, so that a cursor may
// keep the one it began with.

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

/** The states behind collections, for the files of this room that work beside them; see direct.ts. */
export const STATES = new WeakMap<object, CollectionState>()

export class CollectionState {
  readonly gate: Gate
  readonly shapes: CollectionShapes
  readonly isOnDisk: boolean
  /** Whether writes wait for the flush unless they say otherwise. */
  readonly isHard: boolean
  readonly primaryKey: string
  readonly shards: number
  /** The requests of an insert and an upsert of one document without options. */
  readonly insertRequest: WriteRequest
  readonly upsertRequest: WriteRequest
  definition: CollectionDefinition
  groups: readonly PartitionGroup[] = []
  parts: readonly Partition[] = []
  /** The only physical partition, where there is one only. */
  single: Partition | null = null
  /** The ordered indexes that are complete. */
  indexes: readonly IndexDefinition[] = []
  /** Whether a document has to be compared with those of other physical partitions before it stands. */
  isUniqueAcross = false
  /** That of the key, which nobody made; see indexes/key-index.ts. */
  keyIndex: KeyIndex | null = null
  /** How often it was missed. */
  keyWishes = 0
  isDropped = false
  /** Inserts that read a source: called when nothing more can be written. */
  readonly sources = new Set<() => void>()
  readonly watchers = new Set<Watcher>()
  #listener: WriteListener | null = null
  /** Physical partitions that the last write waits for before it is acknowledged. */
  written: readonly Partition[] = []
  /** Where `locate` found the key. */
  locatedPart = -1
  /** Calls that wait for what runs filters. */
  readonly line = new Line(this)
  /** Whether a write may have to read much first; see line.ts. */
  isUnread = false
  /** The parts that are known to run filters. */
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

  /** Who hears of writes; see watch.ts. */
  setListener(listener: WriteListener | null): void {
    this.#listener = listener
    for (const part of this.parts) part.listener = listener
  }

  /** Indexes that are complete in all partitions from now on, and enforced where they are unique. */
  setIndexes(indexes: readonly IndexDefinition[]): void {
    this.indexes = indexes
    for (const part of this.parts) part.indexes = indexes
    this.isUniqueAcross = this.single === null && indexes.some(({ unique }) => unique)
  }

  refuseRead(): QuiverError | null {
    return this.isDropped ? this.#dropped() : this.gate.refuseRead()
  }

  refuseWrite(): QuiverError | null {
    return this.isDropped ? this.#dropped() : this.gate.refuseWrite()
  }

  /** Whether filters run at once; else `prepare` comes first. */
  get isQueryable(): boolean {
    if (this.#queryable === this.parts) return true
    if (queriesPart.now === undefined || !this.parts.every((part) => part.hasFilters)) return false
    this.#queryable = this.parts
    return true
  }

  /** Loads what filters need, and reads all records for who needs them. */
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

  /** Rejects with what ended a write. A trap of the core has left it in the midst of something: nothing may follow. */
  reject(error: unknown): Promise<never> {
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

  /** Which physical partition of a group a key belongs to, as an index of `parts`. */
  partOf(group: number, key: unknown): number {
    return this.shards === 1 ? group : group * this.shards + shardOf(key, this.shards)
  }

  /** Address of the document with this key, or 0; `locatedPart` says in which of `parts`. Throws when it is no key. */
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

  /** A list of this one physical partition. */
  listOf(partition: Partition): readonly Partition[] {
    return partition === this.single ? this.parts : [partition]
  }

  count(): number {
    let count = 0
    for (const part of this.parts) count += part.count
    return count
  }
}
