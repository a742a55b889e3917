// Records that are not in memory yet. A log that was read through when the database was opened (passage.ts) is settled: every slot knows
// where its record lies. The bytes come when somebody needs them, or meanwhile: some frames for one key, all of them for anything else.
// What is read again is checked again. The index is built before most of it. A scan of documents that lie in the order of their slots sees
// them through a window instead, as opening did: neither is the index needed for that, nor pages that nothing has touched yet.

import { clearTimeout, type LogPass, outOfMemory, pause, type Store, setTimeout } from '../core/index.ts'
import { ClosedError, CorruptError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'

/** A piece is whole frames, not less than this where there are as many. */
const PIECE_BYTES = 65_536
/** Read together when all is wanted. */
const RUN_BYTES = 4_194_304
/** What a scan sees at once. It stays in the cache of a core. */
const SIGHT_BYTES = 1_048_576
/** Read in one turn of the event loop while nobody waits. */
const TURN_BYTES = 1_048_576
/** Or put into the index. */
const TURN_SLOTS = 32_768
/** To seek a key among all hashes takes a fifteenth of building the index. */
const SOUGHT_MAX = 8
/** The program that has just opened a database goes first. */
const REST_MS = 5

export interface Passed {
  readonly store: Store
  readonly pass: LogPass
  readonly file: StorageFile
  /** For messages. */
  readonly path: string
  /** Address of the log's first frame, and behind its last. */
  readonly from: number
  readonly to: number
  /** Bytes from `from` on that there is room for. */
  readonly reserved: number
}

export class Residency {
  private readonly log: Passed
  /** See LogPass. */
  private gaps: Uint32Array
  /** Addresses where pieces begin, in order, and behind the last. */
  private readonly pieces: number[]
  private readonly isHere: Uint8Array
  /** Pieces before this one are here. */
  private next = 0
  private sought = 0
  /** See `see`. */
  seenFrom = 0
  seenTo = 0
  distance = 0
  /** The window of scans: its address, 0 without one, and that of the piece it was filled from. */
  private sight = 0
  private sightFrom = 0
  private isScanned = false
  private isClosed = false
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

  /** Whether it takes more than a moment to read the rest. */
  get isLong(): boolean {
    return this.log.to - this.pieces[this.next]! > RUN_BYTES && !this.isClosed
  }

  /** Address of the record with this key, which is there then, or 0. Throws when it is not a key. */
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
   * For a scan: whether the record at an address can be read. Then all from `seenFrom` to before `seenTo` can, `distance` further on, until
   * the next call. If not, records lie scattered, or before those that were read last: then all have to be here.
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
    // Until they are there nothing is.
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

  /** Reads whatever is not here. */
  readAll(): void {
    this.index()
    this.log.pass.reachAll()
    while (!this.isWhole) this.readNext(RUN_BYTES)
    this.stop()
  }

  /** Reads whatever is not here, for who can wait: the event loop turns in between. */
  async readInTurns(): Promise<void> {
    while (!this.isWhole && !this.isClosed) {
      this.readSome()
      await pause()
    }
  }

  /** A step of a scan that needs all: reads a piece where much is to be read, and answers whether it did. */
  readPiece(): boolean {
    if (!this.isLong) return false
    this.readSome()
    return true
  }

  private readSome(): void {
    if (this.log.pass.isIndexed) this.readNext(TURN_BYTES)
    else this.index(TURN_SLOTS)
  }

  /** Reads the rest while nobody waits. It does not keep the program running. */
  readOn(): void {
    this.timer = setTimeout(() => {
      try {
        // A scan goes first as well.
        if (this.isScanned) this.isScanned = false
        else this.readSome()
      } catch {
        // Whoever needs it hears of it.
        return
      }
      if (this.isWhole) this.stop()
      else this.readOn()
    }, REST_MS)
    const timer = this.timer as unknown as { unref?: () => void }
    timer.unref?.()
  }

  /** Reads no more by itself. */
  stop(): void {
    clearTimeout(this.timer)
    if (this.sight !== 0) this.log.store.releaseLog(this.sight, SIGHT_BYTES)
    this.sight = 0
    this.sees(0, 0, 0)
  }

  /** Before the file is closed: another may have its number afterwards. */
  close(): void {
    this.stop()
    this.isClosed = true
  }

  /** Reads the record at an address. */
  private reach(address: number): void {
    const piece = this.pieceOf(address)
    if (this.isHere[piece] !== 0) return
    // The hashes lie where the first records go.
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

  /** With the index there: reads the next pieces that are not here, about `bytes` of them; with the last, what is no record becomes free. */
  private readNext(bytes: number): void {
    // Several read at once: the timer of `readOn` may come when all is here, and what is free must not be given away again.
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
      // It stops behind a transaction as well.
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

/** Frames are listed in their order. */
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
