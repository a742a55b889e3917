// A partition: one store (instance and memory) and one log. It plans a batch in the store, appends it to the log, then makes it final. It
// replays the log when opened, rewrites it when too much of it is garbage, and leaves a snapshot when closed.

import type { IndexDefinition } from '../catalog/index.ts'
import { CollectionShapes, Store, type VectorField } from '../core/index.ts'
import type { Log, LogHeader, Recovery, Repair, Residency, Transaction } from '../journal/index.ts'
import type { StorageDirectory } from '../storage/index.ts'
import type { Document, Key } from '../value/index.ts'
import { Batch } from './batch.ts'
import { closeAll, recoverAll, settledTransaction, storeOptions } from './file/recovered.ts'
import type { InvertedParts } from './indexes/inverted-part.ts'
import type { Upkeep } from './indexes/upkeep.ts'
import type { PartitionOptions, PartitionStats } from './partition-options.ts'
import { derivedPart, filesPart } from './parts.ts'
import type { Projection } from './read/projection.ts'
import type { CommitGroup } from './write/group-commit.ts'
import { handOver, unsettledOf } from './write/settle.ts'
import type { WriteListener } from './write/watch.ts'

export { CollectionShapes, type PartitionOptions, type Projection, type Transaction, type VectorField }

/** A smaller log is not worth rewriting. */
const COMPACT_LOG_BYTES = 4_194_304
/** How much a log grows until its garbage is looked at again. */
const COMPACT_CHECK_BYTES = 65_536
/** Writers wait for the compaction when the log has grown to this many times its compacted size. */
const PRESSURE_RATIO = 4

export class Partition {
  readonly id: number
  /** The name of its collection, for messages. */
  collection: string
  /** What opening with `repair` had to drop. */
  readonly repairs: Repair[]
  /** The complete ordered indexes, for messages and plans; one list shared by all partitions of a collection. */
  indexes: readonly IndexDefinition[] = []
  /** Text and sparse indexes; set once derived data is loaded. */
  inverted!: InvertedParts
  isClosing = false
  /** Grows with each batch that ends: addresses found earlier are valid until then. */
  commits = 0
  /** Receives the changes of batches. */
  listener: WriteListener | null = null
  /** Single documents that are staged, and not run yet; see write/group-commit.ts. */
  group: CommitGroup | undefined
  /** Of its graphs; undefined if it can have none. */
  upkeep: Upkeep | undefined
  /** Set while a compaction has fallen behind. */
  private behind: Promise<void> | undefined
  readonly options: PartitionOptions
  readonly batch: Batch
  /** In memory only while writes are gathered for an export. */
  log: Log | undefined
  /** Header of a log on a medium. */
  header: LogHeader | undefined
  /** The store, whether or not its records are in memory. */
  readonly bare: Store
  /** Set while some records may be in the file only. */
  residency: Residency | undefined
  private compaction: Promise<void> | undefined
  private closed: Promise<void> | undefined
  highestTransaction = 0
  /** See settle.ts: shared by the partitions of a collection. */
  private readonly unsettled: Set<Partition>
  /** Log position after the last transaction that is not known to be durable here. */
  private unsettledTo = 0
  /** Log size in bytes from which a compaction is considered. */
  private compactFrom = COMPACT_LOG_BYTES
  /** Log position that the snapshot on disk covers, or -1. */
  snapshotPosition = -1
  private snapshot: Promise<void> = Promise.resolve()

  private constructor(options: PartitionOptions, store: Store, repairs: Repair[]) {
    this.id = options.id
    this.collection = options.collection
    this.options = options
    this.unsettled = unsettledOf(options.shapes)
    this.bare = store
    this.repairs = repairs
    this.batch = new Batch(this)
  }

  /** The store with all records in memory: the first access after opening a large log reads them. */
  get store(): Store {
    if (this.residency !== undefined) this.makeResident()
    return this.bare
  }

  private makeResident(): void {
    this.residency?.readAll()
    this.residency = undefined
  }

  get isDerived(): boolean {
    return this.bare.isDerived
  }

  get hasFilters(): boolean {
    return this.bare.hasFilters
  }

  enableFilters(): Promise<void> {
    return this.bare.enableFilters()
  }

  /** Loads what vectors and indexes need. */
  async derive(): Promise<void> {
    const { InvertedParts, Upkeep } = await derivedPart.load()
    await this.residency?.readInTurns()
    await Promise.all([this.store.derive(), this.store.enableFilters()])
    if (this.inverted !== undefined) return
    this.inverted = new InvertedParts(this)
    this.upkeep = this.options.readOnly ? undefined : Upkeep.of(this, this.options.vectors)
  }

  /** An empty partition; its log is durable, including its name, when this resolves. */
  static async create(options: PartitionOptions, sealedTransaction = 0): Promise<Partition> {
    const store = await Store.create(storeOptions(options))
    store.begin()
    const partition = new Partition(options, store, [])
    if (store.isDerived) await partition.derive()
    if (options.storage !== null) await partition.createLog(options.storage, sealedTransaction)
    return partition
  }

  private async createLog(storage: StorageDirectory, sealedTransaction: number): Promise<void> {
    const { createLogFile, LOG_HEADER_BYTES, Log } = await filesPart.load()
    const { file, header } = await createLogFile(storage, this.options, this.store, sealedTransaction)
    this.highestTransaction = sealedTransaction
    this.store.gather.logSeed = header.seed
    this.header = header
    this.log = new Log(file, LOG_HEADER_BYTES, 1, this.options.onPoison, this.store.gather.held, this.unsettled)
  }

  /** Opens all partitions of a collection. */
  static async openAll(all: readonly PartitionOptions[]): Promise<Partition[]> {
    const found = await recoverAll(all)
    const settled = settledTransaction(all, found)
    const partitions: Partition[] = []
    try {
      for (const [i, options] of all.entries()) {
        const { recovery, lost } = found[i]!
        if (recovery === undefined) {
          const empty = await Partition.create(options, settled)
          if (lost !== undefined) empty.repairs.push(lost)
          partitions.push(empty)
          continue
        }
        const partition = new Partition(options, recovery.store, recovery.repairs)
        if (recovery.store.isDerived) await partition.derive()
        partitions.push(partition)
        await partition.adopt(recovery, settled)
      }
      if (all[0]?.repair === true) await filesPart.now!.finishRepair(partitions, found)
      return partitions
    } catch (error) {
      for (const partition of partitions) await partition.finish(false).catch(() => {})
      closeAll(found.slice(partitions.length))
      throw error
    }
  }

  private async adopt(recovery: Recovery, settled: number): Promise<void> {
    const { options } = this
    for (const transaction of recovery.transactions) {
      options.shapes.sawTransaction(transaction.id)
      if (transaction.id > this.highestTransaction) this.highestTransaction = transaction.id
    }
    // What was sealed stays sealed in the next generation: its transactions may still be in the other partitions' logs.
    this.highestTransaction = Math.max(this.highestTransaction, recovery.header.sealedTransaction, settled)
    options.shapes.sawTransaction(recovery.header.sealedTransaction)
    const { storage } = options
    if (storage === null) {
      recovery.file.close()
      this.upkeep?.wake()
      return
    }
    this.header = recovery.header
    this.log = new filesPart.now!.Log(
      recovery.file,
      recovery.end,
      recovery.sequence,
      options.onPoison,
      this.bare.gather.held,
      this.unsettled,
    )
    if (recovery.isClean) this.snapshotPosition = recovery.end
    this.residency = recovery.residency
    this.residency?.readOn()
    if (options.readOnly) return
    await filesPart.now!.clearAway(storage, this.bare, this.log, recovery)
    this.upkeep?.wake()
  }

  get count(): number {
    this.group?.run()
    return this.bare.count
  }

  /** Slots used so far, including freed ones. */
  get slots(): number {
    return this.bare.slots
  }

  /** Address of the document with this key, or 0. Throws when the key is not valid. */
  find(key: Key): number {
    return this.residency === undefined ? this.bare.find(key) : this.residency.find(key)
  }

  findMany(keys: readonly Key[], addresses: Uint32Array): void {
    this.store.findMany(keys, addresses)
  }

  read(address: number): Document {
    return this.bare.reader.read(address)
  }

  /** Appends the documents at the first `count` addresses, which may come from a scan of the `bare` store. */
  readMany(addresses: Uint32Array, count: number, documents: Document[]): void {
    const { reader } = this.bare
    let done = 0
    while (this.residency !== undefined && done < count) {
      const { residency } = this
      if (residency.see(addresses[done]!)) done = reader.readMany(addresses, done, count, documents, residency)
      else this.makeResident()
    }
    reader.readMany(addresses, done, count, documents)
  }

  readKey(address: number): Key {
    return this.bare.reader.readKey(address) as Key
  }

  project(address: number, projection: Projection): Document {
    return this.bare.reader.project(address, projection.tree)
  }

  /** Opens a batch; only one may be open at a time. */
  begin(): Batch {
    this.group?.run()
    this.log?.checkWritable()
    this.makeResident()
    this.batch.open()
    return this.batch
  }

  /** Called by the batch. */
  prepareBatch(transaction: Transaction): void {
    this.log?.checkWritable()
    this.log?.reserve(this.store.gather.measure(filesPart.now!.encodeTransaction(transaction)), false, this.batch)
  }

  /** Called by the batch. Returns whether there was a log. Throws with everything as it was before the batch, or poisons. */
  writeBatch(isDeferred: boolean, transaction: Transaction | undefined): boolean {
    const { log, store } = this
    if (log === undefined) return false
    log.checkWritable()
    const entry = transaction === undefined ? undefined : filesPart.now!.encodeTransaction(transaction)
    if (!isDeferred && this.unsettled.size > 0) handOver(this.unsettled)
    const start = log.position
    const { gather } = store
    let frameBytes = gather.first(entry, start / 8, log.sequence, log.durableUnits)
    if (frameBytes === 0) return false
    log.reserve(gather.total, isDeferred, this.batch)
    const transactionBytes = entry?.length ?? 0
    try {
      while (frameBytes !== 0) {
        log.append(store.memory.u8, isDeferred, gather.from, frameBytes)
        if (!gather.hasMore) break
        frameBytes = gather.next(log.position / 8, transactionBytes, log.sequence, log.durableUnits)
      }
    } catch (error) {
      if (log.poison === undefined) log.rewind(start)
      throw error
    }
    if (transaction !== undefined) {
      this.highestTransaction = transaction.id
      this.unsettledTo = log.position
      this.unsettled.add(this)
    }
    return true
  }

  /** Called by the batch once it is final. */
  afterCommit(): void {
    this.inverted?.schedule()
    this.upkeep?.wake()
    const { log } = this
    if (log === undefined || this.compaction !== undefined || this.isClosing) {
      if (this.compaction !== undefined && log !== undefined) this.checkPressure(log)
      return
    }
    if (log.position < this.compactFrom) return
    if (this.garbageBytes * 2 < log.position) {
      this.compactFrom = log.position + COMPACT_CHECK_BYTES
      return
    }
    this.startCompaction().catch(() => {})
  }

  private startCompaction(): Promise<void> {
    const running = this.runCompaction()
      .catch((error: unknown) => {
        // On a disk without room for a second log, the next attempt comes when there is more to gain.
        this.compactFrom = (this.log?.position ?? 0) * 1.25
        throw error
      })
      .finally(() => {
        this.compaction = undefined
        this.behind = undefined
      })
    this.compaction = running
    return running
  }

  /** Set while writers should wait because a compaction or a graph has fallen behind. */
  get pressure(): Promise<void> | undefined {
    return this.behind ?? this.upkeep?.pressure
  }

  private checkPressure(log: Log): void {
    if (this.behind !== undefined || log.position < COMPACT_LOG_BYTES * 4) return
    if (log.position > this.store.liveBytes * PRESSURE_RATIO) this.behind = this.compaction?.catch(() => {})
  }

  private get garbageBytes(): number {
    if (this.log === undefined) return 0
    return Math.max(0, this.log.position - filesPart.now!.LOG_HEADER_BYTES - this.bare.liveBytes)
  }

  private async runCompaction(): Promise<void> {
    const { options, log: old } = this
    const storage = options.storage
    if (storage === null || old === undefined || old.poison !== undefined || options.readOnly || this.isClosing) return
    const done = await filesPart.now!.compact({
      directory: storage,
      stem: options.stem,
      database: options.database,
      store: this.store,
      log: old,
      generation: this.header!.generation,
      sealTransactions: async () => {
        const highest = this.highestTransaction
        await this.settle()
        return highest
      },
      mayGoOn: () => !this.isClosing && old.poison === undefined,
      onPoison: options.onPoison,
      onSwitch: (switched) => {
        this.log = switched.log
        this.header = switched.header
        this.snapshotPosition = -1
        this.compactFrom = COMPACT_LOG_BYTES
        // What was copied is durable, and at other positions.
        this.unsettledTo = 0
      },
    })
    if (!done) return
    await old.retire()
    await filesPart.now!.leave(this, old.file, storage)
    if (!this.isClosing) await this.writeSnapshot()
  }

  /** Flushes every partition whose log holds a transaction that may not be durable everywhere. */
  private settle(): Promise<void> {
    return filesPart.now!.settleAll(this.unsettled)
  }

  /** Whether all transactions in this log are on stable storage, as far as this log is concerned. */
  get isSettled(): boolean {
    return this.log === undefined || this.log.durable >= this.unsettledTo
  }

  /** Where the log ends. */
  get logPosition(): number {
    return this.log?.position ?? 0
  }

  /** Flushes this partition's log alone. */
  flushOwn(): Promise<void> {
    this.group?.run()
    return this.log?.flush() ?? Promise.resolve()
  }

  /** Resolves when everything committed so far is on stable storage. Concurrent callers share one flush. */
  flush(): Promise<void> {
    this.group?.run()
    const { log } = this
    if (log === undefined) return Promise.resolve()
    return this.unsettled.size === 0 ? log.flush() : filesPart.now!.settleAll(this.unsettled, this)
  }

  /** Forbids further writes: the log has a part of a transaction that another partition lacks, or the core has trapped. */
  poison(cause: unknown): void {
    this.options.onPoison?.(cause)
    this.log?.fail(cause)
  }

  /** Rewrites the log with the live records only. */
  async compact(): Promise<void> {
    if (this.log === undefined || this.options.readOnly) return
    await this.residency?.readInTurns()
    await this.compaction?.catch(() => {})
    // A compaction begun while this waited serves both callers: two at once would write to one file.
    await (this.compaction ?? this.startCompaction())
  }

  /** Resolves when no compaction is running. */
  async compacted(): Promise<void> {
    while (this.compaction !== undefined) await this.compaction.catch(() => {})
  }

  /** Called when graphs or indexes differ from those in the snapshot. */
  onDerivedChanged(): void {
    this.snapshotPosition = -1
  }

  /** Leaves a snapshot; without one, a crash costs rebuilding the graphs. */
  saveGraphs(): void {
    if (this.isClosing || this.log === undefined || this.compaction !== undefined) return
    this.flush()
      .then(() => (this.isClosing ? undefined : this.writeSnapshot()))
      .catch(() => {})
  }

  private writeSnapshot(): Promise<void> {
    const turn = this.snapshot.then(() => filesPart.now!.leaveSnapshot(this))
    this.snapshot = turn.catch(() => {})
    return turn
  }

  stats(): PartitionStats {
    return {
      documents: this.bare.count,
      bytes: this.bare.liveBytes,
      memory: this.bare.memory.usedBytes(),
      logBytes: this.log?.position ?? 0,
      garbageBytes: this.garbageBytes,
      shapes: this.options.shapes.names.length,
    }
  }

  /** Flushes, leaves a snapshot, closes the files. Idempotent. */
  close(): Promise<void> {
    this.closed ??= this.finish(true)
    return this.closed
  }

  private async finish(isKept: boolean): Promise<void> {
    this.group?.run()
    this.isClosing = true
    this.residency?.stop()
    this.upkeep?.stop()
    await this.compaction?.catch(() => {})
    await this.snapshot
    await filesPart.now?.freeAll(this)
    const { log } = this
    if (log === undefined) return
    try {
      if (isKept && !this.options.readOnly && log.poison === undefined) {
        await this.flush()
        if (log.file.size() !== log.position) {
          log.trim()
          log.file.flushSync()
        }
        await this.writeSnapshot()
      }
    } finally {
      this.log = undefined
      this.unsettled.delete(this)
      this.residency?.close()
      log.file.close()
    }
  }

  /** Closes and removes the files. */
  async drop(): Promise<void> {
    this.group?.run()
    const { storage, stem } = this.options
    this.isClosing = true
    this.upkeep?.stop()
    await this.compaction?.catch(() => {})
    const name = this.log?.file.name
    // Transactions of other participants depend on this log until it is gone, so it is flushed first.
    if (this.unsettled.has(this)) await this.settle()
    this.closed ??= this.finish(false)
    await this.closed
    if (storage === null) return
    if (name !== undefined) await storage.remove(name)
    await storage.remove(filesPart.now!.snapshotName(stem))
    await storage.flushNames()
  }
}
