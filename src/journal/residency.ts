// Records that are not in memory yet. After a log was read through a window on opening (passage.ts), every slot knows where its record
// belongs. The bytes are loaded when needed, or in the background: some frames for a single key, all of them for anything else. What is
// read again is checked again. The index is built before most of this. A scan of documents stored in slot order reads them through a window
// instead, as opening did, which needs neither the index nor untouched pages.

import { clearTimeout, type LogPass, outOfMemory, pause, type Store, setTimeout } from '../core/index.ts'
import { ClosedError, CorruptError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'

/** A piece consists of whole frames, and of at least this many bytes unless it is the last. */
const PIECE_BYTES = 65_536
/** Bytes read together when everything is needed. */
const RUN_BYTES = 4_194_304
/** Size of the window of a scan. It fits the cache of a core. */
const SIGHT_BYTES = 1_048_576
/** Bytes read per turn of the event loop while nobody waits. */
const TURN_BYTES = 1_048_576
/** Slots put into the index per turn. */
const TURN_SLOTS = 32_768
/** Searching all hashes for a key takes a fifteenth of the time of building the index. */
const SOUGHT_MAX = 8
/** Delay that lets the program that has just opened a database go first. */
const REST_MS = 5

export interface Passed {
  readonly store: Store
  readonly pass: LogPass
  readonly file: StorageFile
  /** For messages. */
  readonly path: string
  /** Addresses of the log's first frame and of the end of its last. */
  readonly from: number
  readonly to: number
  /** Bytes of room at `from`. */
  readonly reserved: number
}

export class Residency {
  private readonly log: Passed
  /** See LogPass. */
  private gaps: Uint32Array
  /** Start addresses of the pieces, ascending, and the end of the last. */
  private readonly pieces: number[]
  private readonly isHere: Uint8Array
  /** All pieces before this one are loaded. */
  private next = 0
  private sought = 0
  /** See `see`. */
  seenFrom = 0
  seenTo = 0
  distance = 0
  /** The window of scans: its address, or 0, and that of the piece it was filled from. */
  private sight = 0
  private sightFrom = 0
  private isScanned = false
  private isClosed = false
  private reading: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(log: Passed) {
    this.log = log
    this.gaps = log.pass.gaps()
    this.pieces = piecesOf(this.gaps, log.from, log.to)
    this.isHere = new Uint8Array(this.pieces.length - 1)
  }

  get isWhole(): boolean {
    return this.next === this.isHere.length
  }

  /** Whether reading the rest takes more than a moment. */
  get isLong(): boolean {
    return this.log.to - this.pieces[this.next]! > RUN_BYTES && !this.isClosed
  }

  /** Address of the record with this key, which is then loaded, or 0. Throws when the key is not valid. */
  find(key: unknown): number {
    const { pass, store } = this.log
    if (!pass.isIndexed && this.sought++ >= SOUGHT_MAX) this.index()
    for (let slot = 0; !pass.isIndexed; slot = pass.soughtTo) {
      const address = pass.seek(key, slot)
      if (address === 0) return 0
      this.reach(address)
      if (!pass.isIndexed && pass.matches(key, address)) return address
    }
    if (!this.isWhole) pass.forEachCandidate(key, (address) => this.reach(address))
    return store.find(key)
  }

  /**
   * For a scan: whether the record at an address can be read. If so, everything in [seenFrom, seenTo) can be read, at an offset of
   * `distance`, until the next call. If not, records are scattered, or precede those read last: then all of them must be loaded.
   */
  see(address: number): boolean {
    this.isScanned = true
    if (address >= this.seenFrom && address < this.seenTo) return true
    const { isHere, pieces } = this
    const first = this.pieceOf(address)
    if (isHere[first] !== 0) return this.sees(pieces[first]!, pieces[first + 1]!, 0)
    if (pieces[first]! < this.sightFrom || pieces[first + 1]! - pieces[first]! > SIGHT_BYTES) return false
    if (!this.reserveSight()) return false
    let end = first + 1
    while (end < isHere.length && pieces[end + 1]! - pieces[first]! <= SIGHT_BYTES) end++
    // Until the window is loaded, nothing is visible.
    this.sees(0, 0, 0)
    this.load(first, end, this.sight)
    this.sightFrom = pieces[first]!
    return this.sees(pieces[first]!, pieces[end]!, this.sight - pieces[first]!)
  }

  private sees(from: number, to: number, distance: number): boolean {
    this.seenFrom = from
    this.seenTo = to
    this.distance = distance
    return true
  }

  private reserveSight(): boolean {
    if (this.sight === 0) this.sight = this.log.store.reserveWindow(SIGHT_BYTES)
    return this.sight !== 0
  }

  /** Reads everything not yet loaded. */
  readAll(): void {
    this.index()
    this.log.pass.reachAll()
    while (!this.isWhole) this.readNext(RUN_BYTES)
    this.stop()
  }

  /** Reads everything not yet loaded, for callers that can wait: the event loop keeps turning. */
  readInTurns(): Promise<void> {
    this.reading ??= this.readRest().finally(() => {
      this.reading = undefined
    })
    return this.reading
  }

  private async readRest(): Promise<void> {
    while (!this.isWhole && !this.isClosed) {
      this.readSome()
      await pause()
    }
  }

  /** A step of a scan that needs everything: reads a piece if much is left, and returns whether it did. */
  readPiece(): boolean {
    if (!this.isLong) return false
    this.readSome()
    return true
  }

  private readSome(): void {
    if (this.log.pass.isIndexed) this.readNext(TURN_BYTES)
    else this.index(TURN_SLOTS)
  }

  /** Reads the rest in the background. Does not keep the program running. */
  readOn(): void {
    this.timer = setTimeout(() => {
      try {
        // A running scan goes first, too.
        if (this.isScanned) this.isScanned = false
        else this.readSome()
      } catch {
        // Whoever needs these records gets the error.
        return
      }
      if (this.isWhole) this.stop()
      else this.readOn()
    }, REST_MS)
    const timer = this.timer as unknown as { unref?: () => void }
    timer.unref?.()
  }

  /** Stops reading in the background. */
  stop(): void {
    clearTimeout(this.timer)
    if (this.sight !== 0) this.log.store.releaseLog(this.sight, SIGHT_BYTES)
    this.sight = 0
    this.sees(0, 0, 0)
  }

  /** Called before the file is closed: its descriptor may be reused afterwards. */
  close(): void {
    this.stop()
    this.isClosed = true
  }

  /** Loads the record at an address. */
  private reach(address: number): void {
    const piece = this.pieceOf(address)
    if (this.isHere[piece] !== 0) return
    // The hashes occupy the place of the first records.
    if (this.pieces[piece]! < this.log.pass.hashesEnd) this.index()
    this.read(piece, piece + 1)
  }

  private index(slots?: number): void {
    if (!this.log.pass.index(slots)) throw outOfMemory('the index')
  }

  private pieceOf(address: number): number {
    let low = 0
    let high = this.pieces.length - 1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.pieces[middle]! <= address) low = middle
      else high = middle
    }
    return low
  }

  /** Once the index exists: reads about `bytes` of the next missing pieces; after the last one, frees what is not a record. */
  private readNext(bytes: number): void {
    // There are several readers: the timer of `readOn` may fire after everything is loaded, and space must not be freed twice.
    if (this.isWhole) return
    const { pieces, isHere } = this
    const first = isHere.indexOf(0, this.next)
    if (first >= 0) {
      let end = first + 1
      while (end < isHere.length && isHere[end] === 0 && pieces[end + 1]! - pieces[first]! <= bytes) end++
      this.read(first, end)
      this.next = end
      if (isHere.indexOf(0, end) >= 0) return
    }
    const { store, pass, from, to, reserved } = this.log
    pass.reachAll()
    store.attachLog(from, reserved, to - from)
    pass.free(this.gaps)
    this.gaps = new Uint32Array(0)
    this.next = isHere.length
  }

  private read(first: number, end: number): void {
    this.log.pass.reach(this.pieces[end]!)
    this.load(first, end, this.pieces[first]!)
    this.isHere.fill(1, first, end)
  }

  /** Reads pieces to the address `at` and checks them. */
  private load(first: number, end: number, at: number): void {
    const { store, file, from, path } = this.log
    if (this.isClosed) throw new ClosedError(`${path} was closed before all of it was read`)
    const offset = LOG_HEADER_BYTES + (this.pieces[first]! - from)
    const to = at + (this.pieces[end]! - this.pieces[first]!)
    file.read(offset, store.memoryRange(at, to - at))
    for (let frame = at; frame < to; ) {
      // The check also stops after a transaction.
      const { stop } = store.checkFrames(frame, to, 0, at)
      if (stop === frame) {
        throw new CorruptError(
          `${path} is damaged at byte ${offset + (frame - at)}: the frame that stood there when the database was opened is not there any more`,
          { details: { file: path, offset: offset + (frame - at) } },
        )
      }
      frame = stop
    }
  }
}

/** Frames are listed in order. */
function piecesOf(gaps: Uint32Array, from: number, to: number): number[] {
  const pieces = [from]
  let last = from
  for (const gap of gaps) {
    const at = gap - 1
    if ((at & 7) !== 0 || at - last < PIECE_BYTES) continue
    pieces.push(at)
    last = at
  }
  pieces.push(to)
  return pieces
}
