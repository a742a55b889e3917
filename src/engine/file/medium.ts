// The settings shared by all collections of a database, and how their partitions are created, opened and removed.

import { type CollectionDefinition, fileStem, type PartitionDefinition } from '../../catalog/index.ts'
import { LimitError } from '../../error/index.ts'
import type { StorageDirectory } from '../../storage/index.ts'
import type { Repair } from '../catalog.ts'
import type { Gate } from '../gate.ts'
import { CollectionShapes, Partition, type PartitionOptions } from '../partition.ts'
import { derivedPart, filesPart, queriesPart } from '../parts.ts'
import { CollectionState, type PartitionGroup } from '../state.ts'

/** Progress of a lengthy opening. */
export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

export type FileNames = ReadonlyMap<string, readonly string[]>

export interface MediumSettings {
  readonly storage: StorageDirectory | null
  /** In memory: the files that partitions are read from when they are opened. */
  readonly imported: StorageDirectory | undefined
  /** `CatalogState.id`; `undefined` where logs do not carry it. */
  readonly database: bigint | undefined
  /** `null` in memory, where nothing is flushed. */
  readonly durability: 'hard' | 'soft' | null
  readonly repair: boolean
  readonly memoryLimitBytes: number | undefined
  readonly passageBytesMin: number | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

export class Medium {
  readonly storage: StorageDirectory | null
  readonly #gate: Gate
  readonly #settings: MediumSettings

  constructor(gate: Gate, settings: MediumSettings) {
    this.#gate = gate
    this.#settings = settings
    this.storage = settings.storage
  }

  /** An open collection, without its partitions yet. */
  async makeState(definition: CollectionDefinition): Promise<CollectionState> {
    const { primaryKey, vectors, schema } = definition
    const check = schema && (await queriesPart.load()).schemaCheck(schema, primaryKey)
    const shapes = new CollectionShapes(primaryKey, vectors, check)
    return new CollectionState(this.#gate, definition, shapes, this.#settings.durability)
  }

  /**
   * The files of partitions by stem; the directory is listed once for all partitions. A repair first puts misnamed logs
   * back and records that in `repairs`.
   */
  async names(repairs: Repair[]): Promise<FileNames> {
    const { repair, database } = this.#settings
    if (repair && this.storage !== null) repairs.push(...(await filesPart.now!.putBack(this.storage, database)))
    const directory = this.storage ?? this.#settings.imported
    return directory === undefined ? new Map() : filesPart.now!.namesByStem(await directory.list())
  }

  /** Opens all partitions of a collection. */
  async openGroups(state: CollectionState, names: FileNames): Promise<PartitionGroup[]> {
    const { repair } = this.#settings
    try {
      return await this.#openGroups(state, names, repair)
    } catch (error) {
      // A log that was read in place may have left too little room for indexes.
      if (!(error instanceof LimitError) || repair) throw error
      return await this.#openGroups(state, await this.names([]), true)
    }
  }

  async #openGroups(state: CollectionState, names: FileNames, isTight: boolean): Promise<PartitionGroup[]> {
    const { partitions, shards } = state.definition
    const options = partitions.flatMap((partition) => this.#options(state, partition))
    const parts = await Partition.openAll(options.map((one) => ({ ...one, names: names.get(one.stem) ?? [], isTight })))
    const { indexes, inverted } = state.definition
    try {
      const { onProgress, repair } = this.#settings
      const derived = parts.filter((part) => part.isDerived)
      for (const part of derived) {
        await derivedPart.now!.restoreIndexes(part, indexes, onProgress, isTight)
        if (repair) derivedPart.now!.noteDoubles(part, fileStem(state.definition.id, part.id), indexes)
      }
      for (const part of derived) await derivedPart.now!.restoreInverted(part, inverted, onProgress, isTight)
    } catch (error) {
      for (const part of parts) await part.close().catch(() => {})
      throw error
    }
    state.setIndexes(indexes)
    return partitions.map(({ id, name }, index) => ({
      id,
      name,
      parts: parts.slice(index * shards, (index + 1) * shards),
    }))
  }

  /** Creates the files of a partition: all or none. */
  async createGroup(state: CollectionState, definition: PartitionDefinition): Promise<PartitionGroup> {
    const parts: Partition[] = []
    try {
      for (const options of this.#options(state, definition)) parts.push(await Partition.create(options))
      for (const part of parts) {
        if (queriesPart.now !== undefined) await part.enableFilters()
        if (!part.isDerived) continue
        await derivedPart.now!.restoreIndexes(part, state.indexes, undefined)
        part.inverted.adopt(state.definition.inverted)
      }
    } catch (error) {
      await dropParts(parts)
      throw error
    }
    return { id: definition.id, name: definition.name, parts }
  }

  /** The options of each shard. */
  #options(state: CollectionState, { id }: PartitionDefinition): PartitionOptions[] {
    const { storage, imported, database, repair, memoryLimitBytes, passageBytesMin, onProgress } = this.#settings
    const { definition, shapes } = state
    return Array.from({ length: definition.shards }, (_, shard) => ({
      id: id + shard,
      group: id,
      collection: definition.name,
      primaryKey: definition.primaryKey,
      vectors: definition.vectors,
      isPlain: definition.vectors.length + definition.indexes.length + definition.inverted.length === 0,
      shapes,
      storage,
      imported,
      stem: fileStem(definition.id, id + shard),
      database,
      readOnly: this.#gate.isReadOnly,
      repair,
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
      ...(passageBytesMin === undefined ? {} : { passageBytesMin }),
      onProgress,
      onPoison: (error) => this.#gate.poisonWith(error),
    }))
  }
}

/** Removes partitions that the catalog no longer lists; the next opening removes what cannot be removed now. */
export async function dropParts(parts: readonly Partition[]): Promise<void> {
  for (const part of parts) {
    // Writers that wait for a flush are answered before the file is gone.
    await part.flush().catch(() => {})
    try {
      await part.drop()
    } catch {
      await part.close().catch(() => {})
    }
  }
}
