// A database: its collections by name, and everything that changes the catalog. Such changes run one after another, so
// that each sees the catalog that the previous one left.

import type { ExportOptions } from '../archive/index.ts'
import {
  type CatalogState,
  type CollectionDefinition,
  type CollectionOptions,
  collectionShape,
  DEFAULT_PARTITION,
  type FieldDefinition,
  requireName,
  type Schema,
  withChanged,
  withCollection,
  withIndex,
  withInverted,
  withoutCollection,
  withoutIndex,
  withoutPartition,
  withPartition,
} from '../catalog/index.ts'
import { ConflictError, NotFoundError, UsageError } from '../error/index.ts'
import type { Document } from '../value/index.ts'
import type { Catalog, Repair } from './catalog.ts'
import { Collection } from './collection.ts'
import type { PartitionKeeper } from './collection-types.ts'
import { dropParts, type Medium } from './file/medium.ts'
import type { Gate } from './gate.ts'
import { describe } from './options.ts'
import type { Partition } from './partition.ts'
import { DIRECT, derivedPart, directPart, filesPart, NAMES } from './parts.ts'
import type { CollectionState, PartitionGroup } from './state.ts'
import { endWaiting } from './write/watch.ts'

const PARTS_CLOSED_AT_ONCE = 4

/** A collection, as `collections()` lists it. */
export interface CollectionInfo {
  readonly name: string
  readonly primaryKey: string
  /** Declared vector fields. */
  readonly vectors: readonly { readonly name: string; readonly dimension: number; readonly metric: string }[]
  /** The schema, if one was declared. */
  readonly schema?: Schema
  /** Only where documents are spread over several shards. */
  readonly shards?: number
  /** Names of the partitions, `_default` first. */
  readonly partitions: readonly string[]
  readonly documents: number
}

interface Member {
  readonly state: CollectionState
  readonly collection: Collection
}

/**
 * An open database.
 *
 * @example
 * ```ts
 * const db = await open('./data')
 * const posts = await db.createCollection('posts')
 * await db.close()
 * ```
 */
export class Database {
  readonly #gate: Gate
  readonly #medium: Medium
  readonly #catalog: Catalog
  readonly #members = new Map<string, Member>()
  readonly #keeper: PartitionKeeper
  #repairs: readonly Repair[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  /** Constructed by `open`. */
  constructor(gate: Gate, medium: Medium, catalog: Catalog) {
    this.#gate = gate
    this.#medium = medium
    this.#catalog = catalog
    this.#keeper = {
      create: (state, name) => this.#createPartition(state, name),
      drop: (state, name) => this.#dropPartition(state, name),
      createIndex: (state, name, options) => this.#createIndex(state, name, options),
      dropIndex: (state, name) => this.#dropIndex(state, name),
    }
  }

  /** The path as given, or `':memory:'`. */
  get path(): string {
    return this.#gate.path
  }

  /** What opening with `repair: true` had to drop; empty when everything was intact. */
  get repairs(): readonly Repair[] {
    return this.#repairs
  }

  /** @internal Called once, by `open`. */
  async load(): Promise<void> {
    const repairs: Repair[] = []
    const names = await this.#medium.names(repairs)
    for (const definition of this.#catalog.state.collections) {
      const state = await this.#medium.makeState(definition)
      const groups = await this.#medium.openGroups(state, names)
      this.#adopt(state, groups)
      for (const part of state.parts)
        repairs.push(...part.repairs.map((one) => ({ ...one, collection: definition.name })))
    }
    await this.#catalog.removeOrphans()
    this.#repairs = [...this.#catalog.repairs, ...repairs]
  }

  /**
   * Creates a collection; it is durable when this resolves.
   *
   * @param name - any string of 1 to 255 UTF-16 units.
   * @throws {@link ConflictError} when the name is taken.
   */
  async createCollection<T extends object = Document>(
    name: string,
    options?: CollectionOptions,
  ): Promise<Collection<T>> {
    this.#requireWritable()
    requireName(name, 'collection')
    const shape = collectionShape(name, options)
    return await this.#change(async () => {
      if (this.#members.has(name)) throw taken('collection', name)
      const { state: next, definition } = withCollection(this.#catalog.state, shape)
      const state = await this.#medium.makeState(definition)
      const group = await this.#medium.createGroup(state, definition.partitions[0]!)
      await this.#save(next, group.parts)
      return this.#adopt(state, [group]) as unknown as Collection<T>
    })
  }

  /**
   * The collection of this name.
   *
   * @throws {@link NotFoundError} when there is none, {@link ClosedError} after `close()`.
   */
  collection<T extends object = Document>(name: string): Collection<T> {
    this.#requireOpen()
    return this.#member(name).collection as unknown as Collection<T>
  }

  /** @internal */
  get [NAMES](): string[] {
    return [...this.#members.keys()]
  }

  /** All collections, in the order they were created. */
  async collections(): Promise<CollectionInfo[]> {
    this.#requireOpen()
    for (const { state } of this.#members.values()) if (state.line.last !== null) await state.line.last
    return [...this.#members.values()]
      .sort((a, b) => a.state.definition.id - b.state.definition.id)
      .map(({ state }) => infoOf(state))
  }

  /**
   * Drops a collection and frees its disk space. Its handles and cursors then throw ClosedError.
   *
   * @throws {@link NotFoundError} when there is none of this name.
   */
  async dropCollection(name: string): Promise<void> {
    this.#requireWritable()
    await this.#change(async () => {
      const { state } = this.#member(name)
      await state.line.last
      await this.#catalog.save(withoutCollection(this.#catalog.state, state.definition.id))
      this.#members.delete(state.name)
      state.isDropped = true
      endWaiting(state)
      await dropParts(state.parts)
    })
  }

  /**
   * Renames a collection; handles on it stay valid.
   *
   * @throws {@link NotFoundError} when there is none of the old name, {@link ConflictError} when the new name is taken.
   */
  async renameCollection(name: string, newName: string): Promise<void> {
    this.#requireWritable()
    requireName(newName, 'collection')
    await this.#change(async () => {
      const member = this.#member(name)
      if (name === newName) return
      if (this.#members.has(newName)) throw taken('collection', newName)
      await this.#redefine(member.state, { ...member.state.definition, name: newName })
      this.#members.delete(name)
      this.#members.set(newName, member)
      for (const part of member.state.parts) part.collection = newName
    })
  }

  /** Resolves when everything acknowledged so far is on disk. */
  async sync(): Promise<void> {
    this.#requireOpen()
    if (this.#gate.isReadOnly) return
    this.#requireWritable()
    await Promise.all([...this.#members.values()].flatMap(({ state }) => state.parts.map((part) => part.flush())))
  }

  /**
   * The whole database as one file, which `open.import` reads on any platform: documents, definitions, partitions;
   * indexes and graphs are rebuilt. Writes continue meanwhile; the file holds the state at one moment between the call
   * and the end.
   *
   * @throws {@link ClosedError} when the database is closed, or a collection dropped, before the end.
   *
   * @example
   * ```ts
   * link.href = URL.createObjectURL(await db.export())                                       // in a page
   * await writeFile('backup.quiver', await db.export({ as: 'stream' }))                      // in Node
   * ```
   */
  async export(options?: { readonly as?: 'blob' | undefined }): Promise<Blob>
  async export(options: { readonly as: 'bytes' }): Promise<Uint8Array>
  async export(options: { readonly as: 'stream' }): Promise<ReadableStream<Uint8Array>>
  async export(options?: ExportOptions): Promise<Blob | Uint8Array | ReadableStream<Uint8Array>> {
    const { exported, exportForm } = await import('../archive/index.ts')
    const { exportChunks } = await import('./file/export.ts')
    // For the export, partitions in memory get logs and write as if on a medium.
    await filesPart.load()
    const form = exportForm(options)
    this.#requireOpen()
    const chunks = await this.#inTurn(async () => {
      this.#requireOpen()
      const { collections } = this.#catalog.state
      return exportChunks(
        this.#catalog.state,
        collections.map(({ name }) => this.#member(name).state),
      )
    })
    return await exported(form, chunks)
  }

  /** @internal Drops every collection, removes everything the database wrote, and closes it. */
  async erase(): Promise<void> {
    for (const { name } of await this.collections()) await this.dropCollection(name)
    await this.#change(() => this.#catalog.erase())
    await this.close()
  }

  /** Finishes what is under way, flushes, and releases the directory. May be called again. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#gate.isClosed = true
      for (const { state } of this.#members.values()) endWaiting(state)
      this.#closing = this.#inTurn(() => this.#close())
    }
    return this.#closing
  }

  /** Vue makes a proxy of any object that claims to be plain, and private fields are not reachable through a proxy. */
  get [Symbol.toStringTag](): string {
    return 'Database'
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const failures: unknown[] = []
    const states = Array.from(this.#members.values(), ({ state }) => state)
    for (const { line } of states) await line.last
    for (const state of states) derivedPart.now?.forgetKeyIndex(state)
    const rest = states.flatMap(({ parts }) => parts).values()
    const closing = async () => {
      for (const part of rest) failures.push(...(await this.#closePart(part)))
    }
    // Closing a partition mostly waits for the disk, and its snapshot is as large as the partition: a few at a time.
    await Promise.all(Array.from({ length: PARTS_CLOSED_AT_ONCE }, closing))
    try {
      await this.#medium.storage?.unlock()
    } catch (error) {
      failures.push(error)
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Returns the errors that occurred. */
  async #closePart(part: Partition): Promise<unknown[]> {
    const failures: unknown[] = []
    try {
      // Writers that wait for a flush are answered before the file is closed under them.
      if (this.#gate.poison === undefined) await part.flush()
    } catch (error) {
      failures.push(error)
    }
    try {
      await part.close()
    } catch (error) {
      failures.push(error)
    }
    return failures
  }

  async #createPartition(state: CollectionState, name: unknown): Promise<void> {
    this.#requireWritable()
    requireName(name, 'partition')
    await this.#change(async () => {
      requirePresent(state)
      if (state.groups.some((group) => group.name === name)) throw taken('partition', name, state.name)
      const definition = withPartition(state.definition, name)
      const group = await this.#medium.createGroup(state, definition.partitions.at(-1)!)
      await this.#save(withChanged(this.#catalog.state, definition), group.parts)
      state.definition = definition
      state.setGroups([...state.groups, group])
    })
  }

  async #dropPartition(state: CollectionState, name: unknown): Promise<void> {
    this.#requireWritable()
    await this.#change(async () => {
      requirePresent(state)
      if (state.line.last !== null) await state.line.last
      if (name === DEFAULT_PARTITION) {
        throw new UsageError(
          `the default partition of collection "${state.name}" cannot be dropped; drop the collection`,
        )
      }
      const group = state.groups[state.groupIndex(name)]!
      // Documents that have left it are on stable storage where they are now before it goes.
      await group.parts[0]!.flush()
      await this.#redefine(state, withoutPartition(state.definition, group.name))
      state.setGroups(state.groups.filter((one) => one !== group))
      await dropParts(group.parts)
    })
  }

  async #createIndex(state: CollectionState, name: unknown, options: unknown): Promise<void> {
    this.#requireWritable()
    await this.#change(async () => {
      const { buildIndex, indexShape, isInverted } = await derivedPart.load()
      if (state.line.last !== null) await state.line.last
      if (isInverted(options)) return await this.#createInverted(state, name, options as object)
      const shape = indexShape(name, options)
      requirePresent(state)
      requireFreeName(state, shape.name)
      const { definition, index } = withIndex(state.definition, shape)
      await buildIndex(state, index, definition, (next) => this.#redefine(state, next))
    })
  }

  async #createInverted(state: CollectionState, name: unknown, options: object): Promise<void> {
    const { changeInverted, invertedShape } = derivedPart.now!
    const shape = invertedShape(name, options)
    requirePresent(state)
    requireFreeName(state, shape.name)
    await changeInverted(state, withInverted(state.definition, shape), (next) => this.#redefine(state, next))
  }

  async #dropIndex(state: CollectionState, name: unknown): Promise<void> {
    this.#requireWritable()
    await this.#change(async () => {
      requirePresent(state)
      const { indexes, inverted } = state.definition
      if (![...indexes, ...inverted].some((one) => one.name === name)) throw indexNotFound(state, name)
      await this.#redefine(state, withoutIndex(state.definition, name as string))
      const index = indexes.find((one) => one.name === name)
      const { forgetIndex, keepInverted } = derivedPart.now!
      if (index !== undefined) forgetIndex(state, index)
      else keepInverted(state)
    })
  }

  async #redefine(state: CollectionState, definition: CollectionDefinition): Promise<void> {
    await this.#catalog.save(withChanged(this.#catalog.state, definition))
    state.definition = definition
  }

  /**
   * Saves the catalog that lists new files. If that fails, they are removed, unless a crash might leave a catalog that
   * lists them.
   */
  async #save(next: CatalogState, parts: readonly Partition[]): Promise<void> {
    try {
      await this.#catalog.save(next)
    } catch (error) {
      if (this.#gate.poison === undefined) await dropParts(parts)
      else for (const part of parts) await part.close().catch(() => {})
      throw error
    }
  }

  #adopt(state: CollectionState, groups: readonly PartitionGroup[]): Collection {
    state.setGroups(groups)
    const collection = new Collection(state, this.#keeper)
    this.#members.set(state.name, { state, collection })
    return collection
  }

  /**
   * @internal Access to its collections without promises, for an interface from another copy of the package: see
   * direct.ts.
   */
  [DIRECT](): Promise<typeof import('./direct.ts')> {
    return directPart.load()
  }

  #member(name: string): Member {
    const member = this.#members.get(name)
    if (member !== undefined) return member
    requireName(name, 'collection')
    throw new NotFoundError(`there is no collection ${JSON.stringify(name)} in database "${this.path}"`, {
      details: { collection: name },
    })
  }

  /**
   * Queues a change of the catalog behind earlier ones. Closing does not stop changes already requested; a failed write
   * does.
   */
  #change<R>(run: () => Promise<R>): Promise<R> {
    return this.#inTurn(() => {
      if (this.#gate.poison !== undefined) this.#requireWritable()
      return run()
    })
  }

  #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.#tail.then(run)
    // Does not hold what the turn answers: an export that is dropped is to end.
    const end = () => {}
    this.#tail = turn.then(end, end)
    return turn
  }

  #requireOpen(): void {
    const refusal = this.#gate.refuseRead()
    if (refusal !== null) throw refusal
  }

  #requireWritable(): void {
    const refusal = this.#gate.refuseWrite()
    if (refusal !== null) throw refusal
  }
}

function requirePresent(state: CollectionState): void {
  const refusal = state.isDropped ? state.refuseRead() : null
  if (refusal !== null) throw refusal
}

function requireFreeName(state: CollectionState, name: string): void {
  const { indexes, inverted } = state.definition
  if ([...indexes, ...inverted].some((index) => index.name === name)) {
    throw new ConflictError(`there is an index ${JSON.stringify(name)} in collection "${state.name}" already`, {
      details: { index: name, collection: state.name },
    })
  }
}

function indexNotFound(state: CollectionState, name: unknown): NotFoundError {
  const names = [...state.definition.indexes, ...state.definition.inverted].map((index) => index.name)
  const has = names.length === 0 ? 'none' : names.join(', ')
  return new NotFoundError(`collection "${state.name}" has no index ${describe(name)}; it has ${has}`, {
    details: { collection: state.name, index: name },
  })
}

function taken(noun: 'collection' | 'partition', name: string, collection?: string): ConflictError {
  const where = collection === undefined ? '' : ` in collection "${collection}"`
  return new ConflictError(`there is a ${noun} ${JSON.stringify(name)}${where} already`, { details: { [noun]: name } })
}

function infoOf(state: CollectionState): CollectionInfo {
  const { definition } = state
  return {
    name: definition.name,
    primaryKey: definition.primaryKey,
    vectors: definition.vectors.map(({ name, dimension, metric }) => ({ name, dimension, metric })),
    ...(definition.schema === undefined ? {} : { schema: schemaOf(definition.schema) }),
    ...(definition.shards === 1 ? {} : { shards: definition.shards }),
    partitions: definition.partitions.map((partition) => partition.name),
    documents: state.count(),
  }
}

function schemaOf(fields: readonly FieldDefinition[]): Schema {
  return Object.fromEntries(fields.map(({ path, types, required }) => [path, { type: types, required }]))
}
