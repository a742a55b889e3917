// Reading a partition's log back. First all frames are checked and the transactions among them told; then, when it is settled
// between the partitions of a collection which transactions count, the frames are applied. See docs/design.md, "Recovery".

import {
  FRAME_BYTES,
  outOfMemory,
  Store,
  type StoreOptions,
  WALK_COPY,
  WALK_COVERED,
  WALK_DISCARD,
  WALK_HASH,
  WALK_INDEX,
  WALK_SALVAGE,
  WALK_SHAPES,
} from '../core/index.ts'
import { CorruptError, LimitError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { frameHead, hasBytes, longFrame } from './frame.ts'
import {
  decodeLogHeader,
  encodeLogHeader,
  generationOf,
  LOG_HEADER_BYTES,
  type LogHeader,
  logName,
  snapshotName,
} from './header.ts'
import { readSnapshot } from './snapshot.ts'
import { readTransaction, type Transaction } from './transaction.ts'

/** What a repair had to drop. */
export interface Repair {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly reason: string
}

/** A transaction found in this log: its frames are the bytes [from, to) of the file. */
export interface LoggedTransaction {
  readonly id: number
  readonly participants: readonly number[]
  readonly from: number
  readonly to: number
}

export interface RecoveryOptions extends StoreOptions {
  readonly directory: StorageDirectory
  readonly stem: string
  readonly repair: boolean
  readonly onProgress?: ((progress: { phase: string; done: number; total: number }) => void) | undefined
}

/** A log up to this size is read into the arena as it lies; a larger one passes through a window and its records are copied. */
const IN_PLACE_BYTES_MAX = 1_610_612_736
const WINDOW_BYTES = 67_108_864
const WINDOW_BYTES_MIN = 1_048_576
const READ_BYTES = 16_777_216
const DAMAGED = 'damaged frames'
/** Stands for "the group began in an earlier window" where an address is expected. */
const EARLIER = 1

interface Range {
  readonly from: number
  readonly to: number
}

export class Recovery {
  readonly transactions: LoggedTransaction[] = []
  readonly repairs: Repair[] = []
  /** Set when the file should be written anew: something in it is to be forgotten for good. */
  needsRewrite = false
  header!: LogHeader
  file!: StorageFile
  store!: Store
  /** Behind the last whole group. */
  end = LOG_HEADER_BYTES
  /** Greater than that of any frame seen. */
  sequence = 1
  /** A crash or damage has left the two copies of the head unlike; the opener writes them again before anything else. */
  isHeaderTorn = false
  /** A snapshot covered the file to its end: it was closed cleanly. */
  isClean = false
  readonly staleFiles: string[] = []
  private readonly options: RecoveryOptions
  private readonly segments: Range[] = []
  /** Bytes of the file that a snapshot says were durable, and bytes whose structures it brought. */
  private covered = 0
  private restored = 0
  /** The log stays in the arena as it was read. */
  private isInPlace = false
  /** It did not fit so: what is alive is copied. */
  private isTight = false
  /** Where `cutAt` has ended it. */
  private cut = Number.POSITIVE_INFINITY
  private loadedAt = 0
  private loadedBytes = 0
  /** Bytes of the file that the window holds now. */
  private loaded: Range = { from: 0, to: 0 }
  private openedAt = 0
  private openTransaction: Transaction | undefined

  private constructor(options: RecoveryOptions) {
    this.options = options
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
    await this.checkAll(true)
  }

  private async freshStore(): Promise<void> {
    this.store = await Store.create(this.options)
  }

  private corrupt(offset: number, what: string): CorruptError {
    const path = `${this.options.directory.path}/${this.file?.name ?? this.options.stem}`
    return new CorruptError(
      `${path} is damaged at byte ${offset}: ${what}; open(path, { repair: true }) salvages what is whole`,
      {
        details: { file: path, offset },
      },
    )
  }

  private async openLog(): Promise<void> {
    const { directory, stem, repair } = this.options
    const names = await directory.list()
    const generations: number[] = []
    for (const name of names) {
      const generation = generationOf(stem, name)
      if (generation !== undefined) generations.push(generation)
      else if (name === `${stem}.snapshot.tmp`) this.staleFiles.push(name)
    }
    generations.sort((a, b) => b - a)
    let failure: unknown
    let opened: { file: StorageFile; header: LogHeader } | undefined
    for (const generation of generations) {
      const name = logName(stem, generation)
      if (opened !== undefined) {
        this.staleFiles.push(name)
        continue
      }
      const file = await directory.open(name, { create: false })
      const bytes = new Uint8Array(LOG_HEADER_BYTES)
      try {
        const got = file.read(0, bytes)
        // Until its head says it is complete, a newer generation is a compaction's draft.
        const header = decodeLogHeader(
          this.store,
          bytes.subarray(0, Math.max(got, LOG_HEADER_BYTES)),
          name,
          repair || generations.length > 1,
        )
        if (header.isComplete) {
          opened = { file, header }
          const whole = encodeLogHeader(this.store, header)
          const at = whole.findIndex((byte, i) => byte !== bytes[i])
          this.isHeaderTorn = at >= 0
          if (repair && at >= 0) this.repairs.push({ file: name, offset: at, bytes: 0, reason: 'one copy of its head' })
          continue
        }
        this.staleFiles.push(name)
      } catch (error) {
        failure ??= error
        if (generations.length > 1) this.staleFiles.push(name)
      }
      file.close()
    }
    if (opened === undefined) {
      this.staleFiles.length = 0
      throw failure ?? this.corrupt(0, 'the log is missing')
    }
    this.file = opened.file
    this.header = opened.header
  }

  /** Loads the log, its snapshot if there is one, and checks every frame. */
  private async checkAll(mayUseSnapshot: boolean): Promise<void> {
    const { options, header } = this
    const read = mayUseSnapshot
      ? await readSnapshot(options.directory, options.stem, this.store, header.seed, options.repair)
      : undefined
    const snapshot = options.repair ? undefined : read
    if (snapshot?.pagesCount === 0) {
      this.store.begin()
    } else if (snapshot === undefined) {
      // What a refused snapshot left in memory goes with its instance.
      if (mayUseSnapshot && !options.repair) await this.freshStore()
      this.store.begin()
    }
    this.store.logSeed = header.seed
    this.store.lendPages(true)
    this.covered = snapshot?.covered ?? 0
    this.restored = snapshot === undefined || snapshot.pagesCount === 0 ? 0 : snapshot.covered
    if (this.covered > this.file.size())
      throw this.corrupt(this.file.size(), `the file ends before byte ${this.covered}, which was written and flushed`)
    this.sequence = 1
    await this.checkFrames()
    if (options.repair && read !== undefined && read.covered > this.file.size()) this.note(this.end, read.covered)
    if (this.end < this.covered) throw this.corrupt(this.end, 'a frame that was flushed is not whole')
    this.isClean = snapshot !== undefined && this.covered === this.end && this.end === this.file.size()
  }

  private load(from: number, bytes: number, address: number): void {
    for (let done = 0; done < bytes; ) {
      const piece = Math.min(READ_BYTES, bytes - done)
      this.file.read(from + done, this.store.memoryRange(address + done, piece))
      done += piece
      this.options.onProgress?.({ phase: 'read', done: from + done, total: this.file.size() })
    }
    this.loaded = { from, to: from + bytes }
  }

  private async checkFrames(): Promise<void> {
    const { store, options } = this
    const size = this.file.size()
    const bytes = (size - LOG_HEADER_BYTES) & ~7
    this.end = LOG_HEADER_BYTES
    if (bytes <= 0) return
    // A salvaged log has gaps, which cannot stay in the arena.
    const mayStay = !options.repair && !this.isTight && bytes <= IN_PLACE_BYTES_MAX
    this.loadedAt = mayStay ? store.reserveLog(bytes) : 0
    this.isInPlace = this.loadedAt !== 0
    this.loadedBytes = this.isInPlace ? bytes : 0
    if (!this.isInPlace) this.reserveWindow(Math.min(WINDOW_BYTES, bytes), WINDOW_BYTES_MIN)
    this.checkWindows(LOG_HEADER_BYTES, LOG_HEADER_BYTES + bytes)
  }

  /** Takes a window of `bytes` in place of the one there is, or of less, down to `least`. */
  private reserveWindow(bytes: number, least: number): void {
    const { store } = this
    if (this.loadedAt !== 0) store.releaseLog(this.loadedAt, this.loadedBytes)
    this.loadedAt = 0
    for (this.loadedBytes = bytes; ; this.loadedBytes = Math.max(least, (this.loadedBytes >>> 1) & ~7)) {
      this.loadedAt = store.reserveWindow(this.loadedBytes)
      if (this.loadedAt !== 0) return
      if (this.loadedBytes <= least) throw outOfMemory('a window of the log')
    }
  }

  /** Checks [from, end) through the window; a damaged place is skipped when repairing, else the log ends there or is corrupt. */
  private checkWindows(from: number, end: number): void {
    let at = from
    let isGroupOpen = false
    let segment = from
    while (at < end) {
      const window = this.loadedBytes
      const bytes = Math.min(window, end - at)
      this.load(at, bytes, this.loadedAt)
      const long = bytes < end - at ? longFrame(this.store, this.loadedAt, bytes) : 0
      if (long > 0 && long <= end - at) {
        this.reserveWindow(long, long)
        continue
      }
      const stop = this.checkWindow(at, bytes, isGroupOpen)
      isGroupOpen = stop.isGroupOpen
      if (stop.at === at + bytes || (stop.at > at && at + bytes < end)) {
        at = stop.at
        continue
      }
      const next = this.damage(stop.at, end, window)
      if (this.end > segment) this.segments.push({ from: segment, to: this.end })
      if (next === 0) return
      this.note(this.end, next)
      isGroupOpen = false
      this.end = next
      segment = next
      at = next
    }
    if (this.end > segment) this.segments.push({ from: segment, to: this.end })
    // The last group never got its end: as if it had not begun.
    if (this.options.repair && this.end < at) this.note(this.end, at)
  }

  private note(from: number, to: number): void {
    const last = this.repairs.at(-1)
    const isNext = last !== undefined && last.reason === DAMAGED && last.offset + last.bytes >= from
    const offset = isNext ? this.repairs.pop()!.offset : from
    this.repairs.push({ file: this.file.name, offset, bytes: to - offset, reason: DAMAGED })
    this.needsRewrite = true
  }

  private checkWindow(fileFrom: number, bytes: number, wasOpen: boolean): { at: number; isGroupOpen: boolean } {
    const { store } = this
    const end = this.loadedAt + bytes
    const offset = (address: number) => fileFrom + (address - this.loadedAt)
    let at = this.loadedAt
    let isOpen = wasOpen
    for (;;) {
      const check = store.checkFrames(at, end, this.sequence, isOpen ? EARLIER : 0)
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
   * What stands at `stop` is no valid frame. A tail that was never flushed is dropped: answers 0. Damage inside throws CorruptError, or
   * when repairing answers where the next whole frame stands (0: there is none).
   */
  private damage(stop: number, end: number, window: number): number {
    const { store, options } = this
    let isInside = this.covered > stop
    let next = 0
    for (let at = stop; at < end && !(isInside && !options.repair); ) {
      const bytes = Math.min(window, end - at)
      // A window that holds the rest of the log is loaded already.
      const isLoaded = this.loaded.from <= at && this.loaded.to >= end
      const base = isLoaded ? this.loadedAt + (at - this.loaded.from) : this.loadedAt
      if (!isLoaded) this.load(at, bytes, base)
      const limit = isLoaded ? this.loadedAt + (end - this.loaded.from) : base + bytes
      let found = store.resync(at === stop ? base + 8 : base, limit)
      while (found !== 0) {
        const offset = at + (found - base)
        const { bytes: frameBytes, durable, sequence } = frameHead(store, found)
        if (sequence >= this.sequence) {
          if (options.repair) return offset
          // This frame was written when everything before its durable mark was on stable storage.
          if (durable > stop) isInside = true
          this.sequence = sequence + 1
        }
        if (next === 0) next = offset
        found = isInside && !options.repair ? 0 : store.resync(found + frameBytes, limit)
      }
      if (isLoaded || at + bytes >= end) break
      // Frames may stand across the edge of two windows.
      at += bytes - FRAME_BYTES * 2 > 0 ? Math.max(8, (bytes >>> 1) & ~7) : bytes
    }
    if (isInside && !options.repair)
      throw this.corrupt(stop, 'the checksum of a frame is wrong, and whole frames follow it')
    if (options.repair && hasBytes(this.file, stop, end)) this.note(this.end, end)
    return 0
  }

  /** Ends the log at `offset`, where something begins that the other partitions of the collection do not have. */
  async cutAt(offset: number): Promise<void> {
    if (offset < this.covered) {
      // The snapshot has seen what is to be forgotten, and would miss it.
      this.staleFiles.push(snapshotName(this.options.stem))
      this.covered = 0
      await this.again()
    }
    this.cut = offset
    this.end = offset
    this.isClean = false
    this.segments.length = 0
    if (offset > LOG_HEADER_BYTES) this.segments.push({ from: LOG_HEADER_BYTES, to: offset })
    this.transactions.splice(0, this.transactions.length, ...this.transactions.filter(({ from }) => from < offset))
  }

  /** Applies the frames, but for those of transactions that did not reach all their partitions. */
  async apply(isAborted: (transaction: LoggedTransaction) => boolean): Promise<void> {
    const aborted = this.transactions.filter(isAborted)
    if (aborted.length > 0) this.needsRewrite = true
    let isWhole: boolean
    try {
      isWhole = this.walkAll(aborted)
    } catch (error) {
      // In place the log takes its garbage and its preallocated end along; copied, only what is alive.
      if (!(error instanceof LimitError) || !this.isInPlace) throw error
      this.isTight = true
      await this.again()
      isWhole = this.walkAll(aborted)
    }
    if (!isWhole && this.restored > 0) {
      // The snapshot does not fit the log after all: once more without it.
      await this.again()
      isWhole = this.walkAll(aborted)
    }
    if (!isWhole) throw this.corrupt(LOG_HEADER_BYTES, 'its entries contradict each other')
    this.store.lendPages(false)
    this.store.adoptShapes()
  }

  private async again(): Promise<void> {
    await this.freshStore()
    this.segments.length = 0
    this.transactions.length = 0
    this.loadedAt = 0
    await this.checkAll(false)
    if (this.cut < this.end) await this.cutAt(this.cut)
  }

  private walkAll(aborted: readonly Range[]): boolean {
    const { store } = this
    const { isInPlace } = this
    if (!isInPlace && this.loadedAt !== 0) this.reserveWindow(Math.min(this.loadedBytes, WINDOW_BYTES_MIN), 8)
    if (isInPlace) store.attachLog(this.loadedAt, this.loadedBytes, this.end - LOG_HEADER_BYTES)
    if (this.restored > 0) store.resetWalkedLive()
    const expected = store.count
    if (this.restored === LOG_HEADER_BYTES && expected !== 0) return false
    if (this.options.repair) {
      // Names first: a group that is damaged may have been the one to bring them, and a later one has them again.
      for (const { from, to } of this.segments) if (!this.walk(from, to, WALK_SHAPES, false)) return false
    }
    const isSalvaged = this.options.repair || aborted.length > 0
    const cuts = [this.restored, ...aborted.flatMap((range) => [range.from, range.to])].sort((a, b) => a - b)
    for (const segment of this.segments) {
      let from = segment.from
      for (const cut of [...cuts.filter((offset) => offset > segment.from && offset < segment.to), segment.to]) {
        const flags = aborted.some((range) => range.from <= from && cut <= range.to)
          ? WALK_DISCARD
          : this.restored === 0
            ? this.options.repair
              ? WALK_SALVAGE
              : isSalvaged
                ? 0
                : WALK_HASH
            : cut <= this.restored
              ? WALK_COVERED
              : WALK_INDEX
        if (!this.walk(from, cut, flags, isInPlace)) return false
        if (flags === WALK_COVERED && cut === this.restored && store.walkedLive !== expected) return false
        from = cut
      }
    }
    if (!isInPlace && this.loadedAt !== 0) store.releaseLog(this.loadedAt, this.loadedBytes)
    if (this.options.repair && store.walkedLost > 0) {
      const reason = `${store.walkedLost} documents, or states of them, whose field names stood in damaged frames only`
      this.repairs.push({ file: this.file.name, offset: LOG_HEADER_BYTES, bytes: 0, reason })
    }
    if (this.restored === 0 && !store.finishLog(isSalvaged)) return false
    if (store.isDerived) store.vectors.follow()
    return true
  }

  private walk(from: number, to: number, flags: number, isInPlace: boolean): boolean {
    const { store } = this
    if (isInPlace) {
      const base = this.loadedAt - LOG_HEADER_BYTES
      return store.walk(base + from, base + to, from / 8, flags)
    }
    if (flags === WALK_DISCARD) return true
    for (let at = from; at < to; ) {
      const bytes = Math.min(this.loadedBytes, to - at)
      this.load(at, bytes, this.loadedAt)
      // Whole frames only; they are known to be valid.
      const { stop } = store.checkFrames(this.loadedAt, this.loadedAt + bytes, 0, EARLIER)
      if (stop === this.loadedAt) {
        const long = longFrame(store, this.loadedAt, bytes)
        if (long === 0) return false
        this.reserveWindow(long, long)
        continue
      }
      if (!store.walk(this.loadedAt, stop, at / 8, flags | WALK_COPY)) return false
      at += stop - this.loadedAt
    }
    return true
  }
}
