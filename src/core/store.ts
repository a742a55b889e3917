// One partition's documents inside its instance: lookups, scans, write batches, and what the journal needs to write and replay a log. The rest
// of the package reaches the core's exports only through this.

import { LimitError, type QuiverError } from '../error/index.ts'
import {
  FAILED_ILL_FORMED,
  FAILED_KEY_TYPE,
  FAILED_SKIPPED,
  FIRST_PAGE,
  KEY_BUFFER,
  KEY_BYTES_MAX,
  LAYOUT_VERSION,
  OP_BYTES,
  OUTCOME_FAILED,
  PAGE_BYTES,
  PAGE_LINKS,
  PAGE_STRUCT,
  PAGE_TABLE,
  PAGES_MAX,
  S_BATCH_COUNTS,
  S_CHECK_DURABLE,
  S_CHECK_END,
  S_CHECK_GROUP,
  S_CHECK_OPEN,
  S_CHECK_SEQUENCE,
  S_CHECK_STOP,
  S_COUNT,
  S_GATHER,
  S_LIVE_BYTES,
  S_OPS,
  S_OPS_COUNT,
  S_PAGES_LENT,
  S_PAGES_TOP,
  S_SCAN_NEXT,
  S_SLOT_TOP,
  S_WALK_AT,
  S_WALK_LIVE,
  S_WALK_LOST,
  SLOT_NONE,
  STATE,
  STATE_END,
  STATUS_CORRUPT,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from './abi.ts'
import type { Derived } from './derived/derived.ts'
import type { Filters } from './filter/index.ts'
import { Gather } from './gather.ts'
import { inTurn, Once } from './load.ts'
import { checkMemory, invoke, Memory, outOfMemory } from './memory.ts'
import { adoptShapes, type CollectionShapes, KeyWriter, RecordReader, Stage } from './record/index.ts'

export interface StoreOptions {
  readonly shapes: CollectionShapes
  /** Generates a primary key for a document without one. */
  readonly makeKey: () => string
  readonly memoryLimitBytes?: number
  /** There are no vector fields and no indexes: `derive` and `enableFilters` are left to the caller. */
  readonly isPlain?: boolean
}

/** The result of checking frames; addresses are in linear memory. */
export interface FrameCheck {
  /** After the last whole group. */
  readonly end: number
  /** First frame that is unchecked or invalid. */
  readonly stop: number
  readonly sequence: number
  readonly durableUnits: number
  /** Start of the group that ends at `end`, if it has a transaction; otherwise 0. */
  readonly group: number
  /** Start of an incomplete group, or 0. */
  readonly open: number
}

/** Size of the pieces in which a log is walked and indexed. */
const WALK_BYTES = 131_072
const WALK_SLOTS = 512

const REFUSED_FOR_CONTENT = new Set([FAILED_KEY_TYPE, FAILED_ILL_FORMED, FAILED_SKIPPED])

export class Store {
  readonly memory: Memory
  readonly stage: Stage
  readonly reader: RecordReader
  readonly gather: Gather
  /** Set once `enableFilters` has resolved. */
  readonly filters!: Filters
  // Set once something is derived from the documents: see `derive`.
  readonly vectors!: Derived['vectors']
  readonly inverted!: Derived['inverted']
  readonly ordered!: Derived['ordered']
  readonly graphs!: Derived['graphs']
  private readonly keys: KeyWriter
  private readonly shapes: CollectionShapes
  private readonly pagesLimit: number
  private readonly deriving = new Once(() => this.load())
  private readonly enabling = new Once(() => this.loadFilters())

  private constructor(memory: Memory, options: StoreOptions) {
    this.memory = memory
    this.shapes = options.shapes
    this.stage = new Stage(memory, options.shapes, options.makeKey)
    this.reader = new RecordReader(memory, options.shapes)
    this.gather = new Gather(memory)
    this.keys = new KeyWriter(memory)
    this.pagesLimit = Math.min(PAGES_MAX, Math.floor((options.memoryLimitBytes ?? PAGES_MAX * PAGE_BYTES) / PAGE_BYTES))
  }

  /** An empty instance; `begin` or `restore` must follow. */
  static async create(options: StoreOptions): Promise<Store> {
    const store = new Store(await Memory.create(), options)
    if (options.isPlain !== true) await Promise.all([store.derive(), store.enableFilters()])
    return store
  }

  /** Loads what vectors, indexes and groups need; from then on the first two follow every write. */
  derive(): Promise<void> {
    return this.deriving.run()
  }

  private async load(): Promise<void> {
    const { derive } = await inTurn(() => import('./derived/derived.ts'))
    Object.assign(this, await derive(this.memory, this.shapes.vectorFields))
  }

  /** Loads the module that runs filters. */
  enableFilters(): Promise<void> {
    return this.enabling.run()
  }

  private async loadFilters(): Promise<void> {
    const { Filters } = await inTurn(() => import('./filter/index.ts'))
    Object.assign(this, { filters: await Filters.over(this.memory) })
  }

  get hasFilters(): boolean {
    return this.filters !== undefined
  }

  get isDerived(): boolean {
    return this.vectors !== undefined
  }

  /** Starts an empty partition. */
  begin(): void {
    const { memory } = this
    const bytes = new TextEncoder().encode(this.shapes.primaryKey)
    if (bytes.length > KEY_BYTES_MAX)
      throw new LimitError(`the name of the primary key field is longer than ${KEY_BYTES_MAX} bytes`)
    memory.u8.set(bytes, KEY_BUFFER)
    const [seed0, seed1] = crypto.getRandomValues(new BigUint64Array(2))
    checkMemory(memory.core.store_create(this.pagesLimit, seed0!, seed1!, bytes.length), 'an empty partition')
    memory.refresh()
    if (this.isDerived) this.vectors.follow()
  }

  get count(): number {
    return this.memory.state(S_COUNT)
  }

  /** One past the highest slot in use. */
  get slots(): number {
    return this.memory.state(S_SLOT_TOP)
  }

  get liveBytes(): number {
    return this.memory.state(S_LIVE_BYTES) + this.memory.state(S_LIVE_BYTES + 4) * 4_294_967_296
  }

  // --- reading

  /** Address of the record with this key, or 0. */
  find(key: unknown): number {
    const bytes = this.keys.write(key)
    return this.memory.core.store_find(this.keys.type, bytes) >>> 0
  }

  /** Fills `addresses` with records in slot order; returns their count and the slot to continue from, or -1. */
  scan(slot: number, addresses: Uint32Array): { count: number; next: number } {
    const { memory } = this
    const count = memory.core.store_scan(slot, Math.min(addresses.length, 1024))
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) addresses[i] = memory.u32[from + i]!
    const next = memory.state(S_SCAN_NEXT)
    return { count, next: next === SLOT_NONE ? -1 : next }
  }

  /** The slot of the record at an address. */
  slotOf(address: number): number {
    return this.memory.u32[(address >>> 2) + 1]!
  }

  // --- writing

  /** Runs what is staged. `refusals` receives, by op, the errors of documents refused for their content. */
  runStaged(refusals: Map<number, QuiverError>): void {
    const { memory, stage } = this
    stage.seal()
    const first = memory.state(S_OPS_COUNT)
    const failed = this.batchCount(OUTCOME_FAILED)
    const status = invoke(memory.core.store_batch_put, stage.count)
    memory.refresh()
    if (this.batchCount(OUTCOME_FAILED) !== failed) {
      for (let op = first; op < memory.state(S_OPS_COUNT); op++) {
        if (this.op(op, 0) === OUTCOME_FAILED && REFUSED_FOR_CONTENT.has(this.op(op, 1)))
          refusals.set(op, stage.refusal(op - first))
      }
    }
    stage.clear()
    checkMemory(status, 'the batch')
  }

  /** Runs the only document staged in an open batch; returns its outcome. With `isAlone` its change is final at once. */
  runOne(isAlone: boolean): number {
    const { memory, stage } = this
    stage.seal()
    const outcome = invoke(memory.core.store_put_one, isAlone ? 1 : 0)
    memory.refresh()
    stage.clear()
    if (outcome < 0) checkMemory(outcome, 'the batch')
    return outcome
  }

  remove(key: unknown): void {
    const bytes = this.keys.write(key)
    const status = this.memory.core.store_batch_remove(this.keys.type, bytes)
    this.memory.refresh()
    checkMemory(status, 'the list of deletions')
  }

  commitBatch(isLogged = false): void {
    invoke(this.memory.core.store_batch_commit, isLogged ? 1 : 0)
  }

  abandonBatch(): void {
    this.stage.clear()
    this.memory.core.store_batch_abandon()
    this.memory.refresh()
  }

  /** A counter of the open batch, by outcome. */
  batchCount(outcome: number): number {
    return this.memory.u32[(S_BATCH_COUNTS >>> 2) + outcome]!
  }

  /** A field (0 outcome, 1 slot or reason, 2 new address, 3 old address, 4 log position or index) of an op of the open batch. */
  op(index: number, field: number): number {
    return this.memory.u32[((this.memory.state(S_OPS) + index * OP_BYTES) >>> 2) + field]!
  }

  // --- reading a log; for writing see `gather`

  /** Reserves pages for `bytes` of log: returns the address of its first byte, or 0 when memory cannot hold them. */
  reserveLog(bytes: number): number {
    return this.reserve(bytes, 0)
  }

  /** The same for bytes that are only read through, never attached. */
  reserveWindow(bytes: number): number {
    return this.reserve(bytes, 1)
  }

  private reserve(bytes: number, isWindow: number): number {
    const run = this.memory.core.store_log_reserve(bytes, isWindow) >>> 0
    this.memory.refresh()
    return run === 0 ? 0 : run + 8
  }

  /** Allows a log being read to use the pages otherwise kept for deletions and compactions. */
  lendPages(isLent: boolean): void {
    this.memory.setState(S_PAGES_LENT, isLent ? 1 : 0)
  }

  attachLog(address: number, reserved: number, bytes: number): void {
    this.memory.core.store_log_attach(address - 8, reserved, bytes)
    this.memory.refresh()
  }

  releaseLog(address: number, reserved: number): void {
    this.memory.core.store_log_release(address - 8, reserved)
  }

  checkFrames(from: number, end: number, sequence: number, open: number): FrameCheck {
    const { memory } = this
    memory.core.store_log_check(from, end, sequence, open)
    return {
      end: memory.state(S_CHECK_END),
      stop: memory.state(S_CHECK_STOP),
      sequence: memory.state(S_CHECK_SEQUENCE),
      durableUnits: memory.state(S_CHECK_DURABLE),
      group: memory.state(S_CHECK_GROUP),
      open: memory.state(S_CHECK_OPEN),
    }
  }

  resync(from: number, end: number): number {
    return this.memory.core.store_log_resync(from, end) >>> 0
  }

  /**
   * Applies a piece of the checked frames in [from, end). Returns where the next piece begins, or 0 when they are
   * inconsistent. (V8 runs a function in its optimised form when it is entered again, but never a single long loop.)
   */
  walk(from: number, end: number, units: number, flags: number): number {
    const { memory } = this
    const status = memory.core.store_log_walk(from, end, units, flags, WALK_BYTES)
    memory.refresh()
    if (status === STATUS_OUT_OF_MEMORY) throw outOfMemory('the log')
    return status === STATUS_OK ? memory.state(S_WALK_AT) : 0
  }

  /**
   * Called after a replay of the whole log. A salvaged log has not built the index, and may have a key twice. Returns false when a record has no
   * valid key.
   */
  finishLog(isSalvaged: boolean): boolean {
    const { memory } = this
    for (let slot = 0; isSalvaged && slot < memory.state(S_SLOT_TOP); slot += WALK_SLOTS) {
      const status = memory.core.store_log_index(slot, WALK_SLOTS)
      memory.refresh()
      if (status === STATUS_OUT_OF_MEMORY) throw outOfMemory('the index')
      if (status === STATUS_CORRUPT) return false
    }
    memory.core.store_log_finish()
    return true
  }

  get walkedLost(): number {
    return this.memory.state(S_WALK_LOST)
  }

  get walkedLive(): number {
    return this.memory.state(S_WALK_LIVE)
  }

  resetWalkedLive(): void {
    this.memory.setState(S_WALK_LIVE, 0)
  }

  /** Tells the JS side the shapes that the core has read. */
  adoptShapes(): void {
    adoptShapes(this.memory, this.shapes, (id) => this.stage.setKnown(id))
  }

  // --- compaction

  compactBegin(): boolean {
    const isBegun = this.memory.core.store_compact_begin() !== 0
    this.memory.refresh()
    return isBegun
  }

  /** The next frame of the new log, borrowed; undefined after the last. */
  compactFrame(
    offsetUnits: number,
    sequence: number,
    durableUnits: number,
    payloadMax: number,
  ): Uint8Array | undefined {
    const { memory } = this
    const bytes = memory.core.store_compact_frame(offsetUnits, sequence, durableUnits, payloadMax)
    memory.refresh()
    if (bytes < 0) throw outOfMemory('a frame of the compacted log')
    if (bytes === 0) return undefined
    const from = memory.state(S_GATHER)
    return memory.u8.subarray(from, from + bytes)
  }

  /** Seals whole frames copied from the old log for the new one; returns the next sequence. */
  reseal(from: number, end: number, sequence: number, durableUnits: number): number {
    return this.memory.core.store_compact_reseal(from, end, sequence, durableUnits) >>> 0
  }

  compactFinish(tailUnits: number, delta: number): void {
    this.memory.core.store_compact_finish(tailUnits, delta)
  }

  compactAbandon(): void {
    this.memory.core.store_compact_abandon()
  }

  // --- snapshot

  static readonly layoutVersion = LAYOUT_VERSION

  get stateBytes(): Uint8Array {
    return this.memory.u8.subarray(STATE, STATE_END)
  }

  get pagesTop(): number {
    return this.memory.state(S_PAGES_TOP)
  }

  /** Numbers of the pages with structures. */
  structPages(): number[] {
    const pages: number[] = []
    const top = this.pagesTop
    for (let page = FIRST_PAGE; page < top; page++) {
      const kind = this.memory.u8[PAGE_TABLE + page]
      if (kind === PAGE_STRUCT || kind === PAGE_LINKS) pages.push(page)
    }
    return pages
  }

  /** Numbers of the blocks of `bytes` in those pages that are not all zero, except blocks of packed links. */
  structBlocks(bytes: number): number[] {
    const blocks: number[] = []
    const words = this.memory.u32
    const perPage = PAGE_BYTES / bytes
    for (const page of this.structPages()) {
      if (this.memory.u8[PAGE_TABLE + page] === PAGE_LINKS) continue
      for (let block = page * perPage; block < (page + 1) * perPage; block++) {
        const end = ((block + 1) * bytes) / 4
        for (let at = (block * bytes) / 4; at < end; at++) {
          if (words[at] === 0) continue
          blocks.push(block)
          break
        }
      }
    }
    return blocks
  }

  /** Borrowed until memory grows. */
  memoryRange(address: number, bytes: number): Uint8Array {
    return this.memory.u8.subarray(address, address + bytes)
  }

  /** XXH64 of a range of linear memory. */
  hashMemory(address: number, bytes: number, seed: bigint): bigint {
    return BigInt.asUintN(64, this.memory.core.hash_xxh64(address, bytes, seed))
  }

  hashState(seed: bigint): bigint {
    return this.hashMemory(STATE, STATE_END - STATE, seed)
  }

  /** XXH64 of up to 4,096 bytes from outside the memory. */
  hashBytes(bytes: Uint8Array, seed: bigint): bigint {
    this.memory.u8.set(bytes, KEY_BUFFER)
    return this.hashMemory(KEY_BUFFER, bytes.length, seed)
  }

  /** Grows memory to hold a snapshot's pages, which are copied in next, with `logBytes` of log beside them. Returns false if it does not fit. */
  restoreBegin(pagesTop: number, pages: Uint32Array, logBytes: number): boolean {
    const { core } = this.memory
    // In one step: growing twice takes ten times as long.
    const logPages = Math.ceil((logBytes + 32) / PAGE_BYTES)
    const isBetween = pages.some((page, i) => page - (pages[i - 1] ?? FIRST_PAGE - 1) > logPages)
    const wanted = isBetween ? pagesTop : Math.min(this.pagesLimit, pagesTop + logPages)
    if (core.store_restore_begin(pagesTop, wanted, this.pagesLimit) !== STATUS_OK) return false
    this.memory.refresh()
    for (const page of pages) this.memory.u8[PAGE_TABLE + page] = PAGE_STRUCT
    return true
  }

  restoreEnd(pagesTop: number): boolean {
    return this.memory.core.store_restore_end(pagesTop, this.pagesLimit) === STATUS_OK
  }

  // --- many keys

  /** Fills `addresses` for each key; strings are processed in groups, each with one encode and one call. */
  findMany(keys: readonly unknown[], addresses: Uint32Array): void {
    for (let from = 0; from < keys.length; ) {
      const staged = this.stage.stageKeys(keys, from)
      const isAscii = staged === 0 ? -1 : this.stage.sealKeys()
      if (isAscii < 0) {
        // Not a string, or one that is refused with an error of its own.
        addresses[from] = this.find(keys[from])
        from++
        continue
      }
      this.memory.core.store_find_many(staged, isAscii)
      addresses.set(this.stage.foundAddresses(staged), from)
      from += staged
    }
  }
}
