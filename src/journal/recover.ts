// Replaying a partition's log. First all frames are checked and their transactions collected; once the partitions of a collection have agreed on
// which transactions count, the frames are applied. See docs/design.md, "Recovery".

import {
  FRAME_BYTES,
  Store,
  WALK_COVERED,
  WALK_DISCARD,
  WALK_HASH,
  WALK_INDEX,
  WALK_SALVAGE,
  WALK_SHAPES,
} from '../core/index.ts'
import { CorruptError, LimitError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { EARLIER, frameHead, hasBytes, longFrame } from './frame.ts'
import { homeOf, LOG_HEADER_BYTES, type LogHeader, snapshotName } from './header.ts'
import { LiveRecords } from './live.ts'
import { headRepairs, openNewest } from './newest.ts'
import { PASSAGE_BYTES_MIN, Passage } from './passage.ts'
import type { LoggedTransaction, RecoveryOptions, Repair } from './recovery-types.ts'
import type { Residency } from './residency.ts'
import { Slice } from './slice.ts'
import { readSnapshot } from './snapshot.ts'
import { readTransaction, type Transaction } from './transaction.ts'
import { FrameWalk, isCramped, type Range, splitAt } from './walk.ts'
import { LogWindow } from './window.ts'

/** A log up to this size is read into the arena as it is; a larger one passes through a window and its records are copied. */
const IN_PLACE_BYTES_MAX = 1_610_612_736
const WINDOW_BYTES = 67_108_864
const WINDOW_BYTES_MIN = 1_048_576
/** A larger window does not fit the cache of a core; a smaller one reads much twice, since it holds whole frames only. */
const PASSAGE_WINDOW_BYTES = 1_572_864
const DAMAGED = 'damaged frames'
const PARTED = 'a write over several partitions, of which another one has no part'

export class Recovery {
  readonly transactions: LoggedTransaction[] = []
  readonly repairs: Repair[] = []
  /** Set when the file must be rewritten because something in it is to be forgotten. */
  needsRewrite = false
  /** Transactions that `apply` has left out. */
  aborted: readonly LoggedTransaction[] = []
  header!: LogHeader
  file!: StorageFile
  store!: Store
  /** Position after the last whole group. */
  end = LOG_HEADER_BYTES
  /** Greater than the sequence of any frame seen. */
  sequence = 1
  /** A crash or damage has left the two copies of the header different; the opener rewrites them before anything else. */
  isHeaderTorn = false
  /** A snapshot covered the file to its end: it was closed cleanly. */
  isClean = false
  readonly staleFiles: string[] = []
  /** Generations that cannot be read, to be kept aside: a newer one once the log is rewritten. */
  hurtFile: string | undefined
  readonly asideFiles: string[] = []
  /** The content of its header is lost; its frames are read all the same. */
  isHeadless = false
  /** Set when the records are not in memory yet. */
  residency: Residency | undefined
  private readonly options: RecoveryOptions
  readonly segments: Range[] = []
  /** Bytes of the file that a snapshot says were durable; the same outside of a repair; and bytes whose structures it restored. */
  private durable = 0
  private covered = 0
  private restored = 0
  /** Set while the log is read through a window, its records to be loaded later. */
  private passage: Passage | undefined
  /** Cleared once the log has proved unsuitable for that. */
  private mayPass = true
  /** The log stays in the arena as read. */
  private isInPlace = false
  /** Cleared once it did not fit that way, so records are copied. */
  private mayStay: boolean
  /** Replaced ones did not fit, either, so only those that are live at the end are. */
  private isTight = false
  /** Of the repairs, those of the header. */
  private headRepairs = 0
  /** Where `cutAt` ended the log. */
  private cut = Number.POSITIVE_INFINITY
  private window!: LogWindow
  private openedAt = 0
  private openTransaction: Transaction | undefined
  private readonly slice = new Slice()

  private constructor(options: RecoveryOptions) {
    this.options = options
    // A salvaged log has gaps, which cannot stay in the arena.
    this.mayStay = !options.repair
  }

  /** Opens the newest complete log of the stem and checks it. */
  static async open(options: RecoveryOptions): Promise<Recovery> {
    const recovery = new Recovery(options)
    try {
      await recovery.check()
    } catch (error) {
      recovery.file?.close()
      throw error
    }
    return recovery
  }

  private async check(): Promise<void> {
    await this.freshStore()
    await this.openLog()
    this.isTight = this.options.isTight === true
    await this.checkAll(!this.isTight)
    if (this.isHeadless && this.end === LOG_HEADER_BYTES) throw this.corrupt(0, 'neither its head nor a frame is whole')
  }

  private async freshStore(): Promise<void> {
    this.store = await Store.create(this.options)
  }

  private prepareStore(): void {
    this.store.gather.logSeed = this.header.seed
    this.store.lendPages(true)
  }

  private get path(): string {
    return `${this.options.directory.path}/${this.file?.name ?? this.options.stem}`
  }

  corrupt(offset: number, what: string): CorruptError {
    const { path } = this
    return new CorruptError(
      `${path} is damaged at byte ${offset}: ${what}; open(path, { repair: true }) salvages what is whole`,
      { details: { file: path, offset } },
    )
  }

  private async openLog(): Promise<void> {
    const { directory, stem, repair, database, names = await directory.list() } = this.options
    const newest = await openNewest(directory, stem, homeOf(stem, database), names, this.store, repair)
    if (newest === undefined) throw this.corrupt(0, 'the log is missing')
    this.file = newest.file
    this.header = newest.header
    this.staleFiles.push(...newest.staleFiles)
    this.asideFiles.push(...newest.asideFiles)
    this.hurtFile = newest.hurt?.name
    this.isHeaderTorn = newest.tornAt >= 0
    this.isHeadless = newest.isHeadless
    this.needsRewrite = newest.isHeadless || newest.hurt !== undefined || (repair && this.isHeaderTorn)
    if (repair) this.repairs.push(...headRepairs(newest))
    this.headRepairs = this.repairs.length
  }

  /** Loads the log and its snapshot, if there is one, and checks every frame. */
  private async checkAll(mayUseSnapshot: boolean): Promise<void> {
    const { options, header } = this
    // A repair looks at its head only.
    const read =
      mayUseSnapshot || options.repair
        ? await readSnapshot(options.directory, options.stem, this.store, header.seed, options.repair, this.slice)
        : undefined
    const snapshot = read?.isWhole ? read : undefined
    // What a refused snapshot left in memory is discarded with the instance.
    if (snapshot === undefined && mayUseSnapshot && !options.repair) await this.freshStore()
    if (snapshot === undefined || snapshot.pagesCount === 0) this.store.begin()
    this.prepareStore()
    this.durable = read?.covered ?? 0
    this.covered = options.repair ? 0 : this.durable
    this.restored = snapshot === undefined || snapshot.pagesCount === 0 ? 0 : snapshot.covered
    if (this.covered > this.file.size())
      throw this.corrupt(this.file.size(), `the file ends before byte ${this.covered}, which was written and flushed`)
    this.sequence = 1
    if (!(await this.checkFrames())) return await this.again(mayUseSnapshot)
    // Also where the file is longer: a repair that was cut short had made room for what it was going to write.
    if (options.repair && this.durable > this.end) this.note(this.end, this.durable)
    if (this.end < this.covered) throw this.corrupt(this.end, 'a frame that was flushed is not whole')
    this.isClean = snapshot !== undefined && this.covered === this.end && this.end === this.file.size()
  }

  /** Returns false if the log is not suitable for a passage after all. */
  private async checkFrames(): Promise<boolean> {
    const { store, options, file } = this
    const size = file.size()
    const bytes = size - LOG_HEADER_BYTES - (size % 8) // `& ~7` would be limited to 32 bits, and logs can be longer.
    const window = new LogWindow(store, file, (done) => options.onProgress?.({ phase: 'read', done, total: size }))
    this.window = window
    this.end = LOG_HEADER_BYTES
    if (bytes <= 0) return true
    const mayStay = this.mayStay && !this.isTight && bytes <= IN_PLACE_BYTES_MAX
    if (mayStay && this.isForPassage(bytes)) {
      this.passage = Passage.over(store, bytes, this.restored > 0)
      if (this.passage !== undefined) return await this.passThrough(bytes)
    }
    this.isInPlace = mayStay && window.reservePlace(bytes)
    if (!this.isInPlace)
      window.reserve(Math.min(this.isTight ? WINDOW_BYTES_MIN : WINDOW_BYTES, bytes), WINDOW_BYTES_MIN)
    await this.checkWindows(LOG_HEADER_BYTES, LOG_HEADER_BYTES + bytes)
    return true
  }

  /** Vectors and indexes need the records in memory. */
  private isForPassage(bytes: number): boolean {
    const { passageBytesMin = PASSAGE_BYTES_MIN, isFileKept } = this.options
    if (isFileKept !== true || !this.mayPass || this.store.isDerived || bytes < passageBytesMin) return false
    return this.restored === 0 || this.restored === this.file.size()
  }

  private async passThrough(bytes: number): Promise<boolean> {
    this.isInPlace = false
    try {
      this.window.reserve(Math.min(PASSAGE_WINDOW_BYTES, bytes), 8)
      await this.checkWindows(LOG_HEADER_BYTES, LOG_HEADER_BYTES + bytes)
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      return false
    }
    return this.passage !== undefined
  }

  /** Checks [from, end) through the window; damage is skipped when repairing, otherwise the log ends there or is corrupt. */
  private async checkWindows(from: number, end: number): Promise<void> {
    let at = from
    let isGroupOpen = false
    let segment = from
    while (at < end) {
      await this.slice.rest()
      const window = this.window.bytes
      const bytes = Math.min(window, end - at)
      this.window.load(at, bytes)
      const long = bytes < end - at ? longFrame(this.store, this.window.at, bytes) : 0
      if (long > 0 && long <= end - at) {
        this.window.reserve(long, long)
        continue
      }
      const stop = this.checkWindow(at, bytes, isGroupOpen)
      isGroupOpen = stop.isGroupOpen
      if (!this.pass(at, stop.at)) return
      if (stop.at === at + bytes || (stop.at > at && at + bytes < end)) {
        at = stop.at
        continue
      }
      if (!this.passEnd(stop.at, end, isGroupOpen)) return
      const next = await this.damage(stop.at, end, window)
      if (this.end > segment) this.segments.push({ from: segment, to: this.end })
      if (next === 0) return
      this.note(this.end, next)
      isGroupOpen = false
      this.end = next
      segment = next
      at = next
    }
    if (!this.passEnd(at, end, isGroupOpen)) return
    if (this.end > segment) this.segments.push({ from: segment, to: this.end })
    // The last group is incomplete, and counts as if it had not begun.
    if (this.options.repair && this.end < at) this.note(this.end, at)
  }

  /** Applies the checked part of the window, if the log is on a passage. Returns false if that must be abandoned. */
  private pass(from: number, to: number): boolean {
    if (this.passage?.take(this.window.at, this.window.at + (to - from), from) === false) this.passage = undefined
    else return true
    return false
  }

  /** The same after the last whole frame: abandoned if an incomplete group was applied, or if more bytes follow that must be searched. */
  private passEnd(stop: number, end: number, isGroupOpen: boolean): boolean {
    if (this.passage === undefined || !(isGroupOpen || hasBytes(this.file, stop, end))) return true
    this.passage = undefined
    return false
  }

  private note(from: number, to: number): void {
    const last = this.repairs.at(-1)
    const isNext = last !== undefined && last.reason === DAMAGED && last.offset + last.bytes >= from
    if (isNext) this.repairs.pop()
    const { offset, bytes } = isNext ? last : { offset: from, bytes: 0 }
    this.repairs.push({ file: this.file.name, offset, bytes: Math.max(bytes, to - offset), reason: DAMAGED })
    this.needsRewrite = true
  }

  private checkWindow(fileFrom: number, bytes: number, wasOpen: boolean): { at: number; isGroupOpen: boolean } {
    const end = this.window.at + bytes
    const offset = (address: number) => fileFrom + (address - this.window.at)
    let at = this.window.at
    let isOpen = wasOpen
    for (;;) {
      const check = this.store.checkFrames(at, end, this.sequence, isOpen ? EARLIER : 0)
      this.sequence = check.sequence
      const isEnded = check.end !== EARLIER && check.end > at
      if (isEnded) this.end = offset(check.end)
      if (check.group !== 0) {
        const began = check.group === EARLIER ? this.openedAt : offset(check.group)
        const transaction = check.group === EARLIER ? this.openTransaction : this.transactionAt(check.group)
        if (transaction !== undefined) this.transactions.push({ ...transaction, from: began, to: this.end })
        at = check.stop
        isOpen = false
        if (at < end) continue
      }
      if (check.open > EARLIER) {
        this.openedAt = offset(check.open)
        this.openTransaction = this.transactionAt(check.open)
      }
      return { at: offset(check.stop), isGroupOpen: check.open !== 0 }
    }
  }

  private transactionAt(frame: number): Transaction | undefined {
    return readTransaction(this.store, frame + FRAME_BYTES)
  }

  /**
   * There is no valid frame at `stop`. Returns 0 for a tail that was never flushed, which is dropped. Damage before the durable end throws
   * CorruptError or, when repairing, returns the position of the next whole frame (0 if there is none).
   */
  private async damage(stop: number, end: number, window: number): Promise<number> {
    const { store, options } = this
    let isInside = this.covered > stop
    // In place there is room for the rest, and frames longer than a piece are found.
    if (this.isInPlace) this.window.load(stop, end - stop)
    for (let at = stop; at < end && !(isInside && !options.repair); ) {
      const bytes = Math.min(window, end - at)
      // A window that holds the rest of the log is already loaded.
      const isLoaded = this.window.from <= at && this.window.to >= end
      if (!isLoaded) this.window.load(at, bytes)
      const base = this.window.at + (at - this.window.from)
      const limit = isLoaded ? this.window.at + (end - this.window.from) : base + bytes
      let found = store.resync(at === stop ? base + 8 : base, limit)
      while (found !== 0) {
        const offset = at + (found - base)
        const { bytes: frameBytes, durable, sequence } = frameHead(store, found)
        if (sequence >= this.sequence) {
          if (options.repair) return offset
          // When this frame was written, everything before its durable mark was on stable storage.
          if (durable > stop) isInside = true
          this.sequence = sequence + 1
        }
        found = isInside && !options.repair ? 0 : store.resync(found + frameBytes, limit)
      }
      if (isLoaded || at + bytes >= end) break
      // Frames may straddle two windows.
      at += bytes - FRAME_BYTES * 2 > 0 ? Math.max(8, (bytes >>> 1) & ~7) : bytes
    }
    if (isInside && !options.repair)
      throw this.corrupt(stop, 'the checksum of a frame is wrong, and whole frames follow it')
    if (options.repair && hasBytes(this.file, stop, end)) this.note(this.end, end)
    return 0
  }

  /** Ends the log at `offset`, where a transaction begins that other partitions of the collection lack. */
  async cutAt(offset: number): Promise<void> {
    if (offset < this.covered) {
      // The snapshot includes what is to be forgotten.
      this.staleFiles.push(snapshotName(this.options.stem))
      await this.again(false)
    } else if (this.passage !== undefined) {
      await this.again(true)
    }
    this.cut = offset
    this.end = offset
    this.isClean = false
    this.segments.length = 0
    if (offset > LOG_HEADER_BYTES) this.segments.push({ from: LOG_HEADER_BYTES, to: offset })
    while ((this.transactions.at(-1)?.from ?? -1) >= offset) this.transactions.pop() // In the order of the log.
  }

  /** Applies the frames, except those of transactions that did not reach all their partitions. */
  async apply(isAborted: (transaction: LoggedTransaction) => boolean): Promise<void> {
    const aborted = this.transactions.filter(isAborted)
    this.aborted = aborted
    if (aborted.length > 0) this.needsRewrite = true
    if (!(await this.applyPassage())) await this.applyFrames(aborted)
    for (const { from, to } of this.options.repair ? aborted : [])
      this.repairs.push({ file: this.file.name, offset: from, bytes: to - from, reason: PARTED })
    this.store.lendPages(false)
    this.store.adoptShapes()
    // Until the log is rewritten, new frames go behind the damage: if the repair is interrupted, the next one must see it again.
    if (this.needsRewrite) this.end = Math.ceil(Math.max(this.end, this.durable, this.file.size()) / 8) * 8
  }

  /** Accepts everything that a passage has applied. Returns false if there was no passage, or it is of no use. */
  private async applyPassage(): Promise<boolean> {
    const { passage } = this
    if (passage === undefined) return false
    this.window.release()
    const residency = passage.finish(this.file, this.path, this.end)
    if (residency === undefined) await this.again(true)
    else if (isCramped(this.store)) await this.tighten()
    else this.residency = residency
    return this.residency !== undefined
  }

  private async applyFrames(aborted: readonly Range[]): Promise<void> {
    // Where names are lost, a state of a document before the last may be all that can be read.
    if (this.options.repair) this.isTight = !this.needsRewrite
    let isWhole = await this.walkAll(aborted)
    if (!isWhole && this.restored > 0) {
      // The snapshot does not fit the log after all: retry without it.
      await this.again(false)
      isWhole = await this.walkAll(aborted)
    }
    if (!isWhole) throw this.corrupt(LOG_HEADER_BYTES, 'its entries contradict each other')
  }

  /** The log is to take less memory. */
  private async tighten(): Promise<void> {
    // Read in place, it brings its garbage and its preallocated end along.
    const isCopied = this.restored > 0 && (this.isInPlace || this.passage !== undefined)
    this.mayStay = false
    this.isTight = !isCopied
    await this.again(isCopied)
  }

  /** Checks the log again with an empty instance, in place or copied. */
  private async again(mayUseSnapshot: boolean): Promise<void> {
    await this.freshStore()
    this.passage = undefined
    this.mayPass = false
    this.segments.length = 0
    this.transactions.length = 0
    this.repairs.length = this.headRepairs
    await this.checkAll(mayUseSnapshot)
    if (this.cut < this.end) await this.cutAt(this.cut)
  }

  /** Returns false if the log contradicts itself or the snapshot. */
  private async walkAll(aborted: readonly Range[]): Promise<boolean> {
    for (;;) {
      try {
        const isWhole = await this.walkOnce(aborted)
        if (!isWhole || this.isTight || !isCramped(this.store)) return isWhole
      } catch (error) {
        if (!(error instanceof LimitError) || this.isTight) throw error
      }
      await this.tighten()
    }
  }

  private async walkOnce(aborted: readonly Range[]): Promise<boolean> {
    const { isInPlace, segments } = this
    const cuts = [this.restored, ...aborted.flatMap((range) => [range.from, range.to])]
    const ranges = splitAt(cuts, segments)
    const isAborted = ({ from, to }: Range) => aborted.some((range) => range.from <= from && to <= range.to)
    const live = this.isTight ? await this.findLive(ranges.filter((range) => !isAborted(range))) : undefined
    if (live === null) return false
    const { store, window } = this
    if (!isInPlace && !live && window.at !== 0) window.reserve(Math.min(window.bytes, WINDOW_BYTES_MIN), 8)
    if (isInPlace) store.attachLog(window.place, window.room, this.end - LOG_HEADER_BYTES)
    if (this.restored > 0) store.resetWalkedLive()
    const expected = store.count
    if (this.restored === LOG_HEADER_BYTES && expected !== 0) return false
    const walk = new FrameWalk(store, window, this.slice, isInPlace)
    const { repair } = this.options
    // Names first: a damaged group may have introduced them, and a later one may repeat them.
    for (const { from, to } of repair ? segments : [])
      if (!(await (live?.shapes(from, to, walk) ?? walk.run(from, to, WALK_SHAPES)))) return false
    live?.reserve()
    const isSalvaged = repair || aborted.length > 0
    const anew = repair ? WALK_SALVAGE : isSalvaged ? 0 : WALK_HASH
    for (const range of ranges) {
      const { from, to } = range
      const flags = isAborted(range)
        ? WALK_DISCARD
        : this.restored === 0
          ? anew
          : to <= this.restored
            ? WALK_COVERED
            : WALK_INDEX
      const isApplied =
        live === undefined || flags === WALK_DISCARD
          ? await walk.run(from, to, flags)
          : await live.copy(from, to, walk, flags)
      if (!isApplied) return false
      if (flags === WALK_COVERED && to === this.restored && store.walkedLive !== expected) return false
    }
    if (live !== undefined && !(await live.finish(walk, anew))) return false
    if (!isInPlace) window.release()
    if (repair && store.walkedLost > 0) {
      const reason = `${store.walkedLost} documents, or states of them, whose field names stood in damaged frames only`
      this.repairs.push({ file: this.file.name, offset: LOG_HEADER_BYTES, bytes: 0, reason })
    }
    if (this.restored === 0 && !store.finishLog(isSalvaged)) return false
    if (!store.isDerived) return true
    for (let slot = store.vectors.follow(); slot >= 0; slot = store.vectors.followFrom(slot)) await this.slice.rest()
    return true
  }

  /** Returns null if the log makes no sense. */
  private async findLive(ranges: readonly Range[]): Promise<LiveRecords | null> {
    const { file, window, slice } = this
    const bytes = Math.min(window.bytes, WINDOW_BYTES_MIN)
    if (bytes > 0) window.reserve(bytes, bytes)
    const live = new LiveRecords(this.store, file, window, slice)
    for (const { from, to } of ranges) if (!(await live.mark(from, to))) return null
    await this.freshStore()
    this.store.begin()
    this.prepareStore()
    this.window = new LogWindow(this.store, file, () => {})
    if (bytes > 0) this.window.reserve(bytes, bytes)
    live.moveTo(this.store, this.window)
    return live
  }
}
