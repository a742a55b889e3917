// Records that are not in memory yet. A log that was read through when the database was opened (passage.ts) is settled: every slot knows
// where its record lies. The bytes come when somebody needs them, or meanwhile: some frames for one key, all of them for anything else.
// What is read again is checked again. The index is built before most of it. A scan of documents that lie in the order of their slots sees
// them through a window instead, as opening did: neither is the index needed for that, nor pages that nothing has touched yet.

import { type LogPass, outOfMemory, type Store } from '../core/index.ts'
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
  /** The window of scans: its address, 0 without one, and of which addresses it holds the bytes. */
  private sight = 0
  private sightFrom = 0
  private sightTo = 0
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
   * For a scan: reads the records at these addresses to where they can be read until the next call, and answers how far from their places
   * that is. Undefined: not this way, since they lie scattered or before those of the last call. All have to be here then.
   */
  see(addresses: Uint32Array, count: number): number | undefined {
    this.isScanned = true
    if (this.isWhole || count === 0) return 0
    let least = addresses[0]!
    let most = least
    for (let i = 1; i < count; i++) {
      const address = addresses[i]!
      if (address < least) least = address
      else if (address > most) most = address
    }
    if (least < this.sightFrom || most >= this.sightTo) {
      const { pieces } = this
      if (this.areHere(addresses, count, least, most)) return 0
      const first = this.pieceOf(least)
      let end = this.pieceOf(most) + 1
      const isAhead = pieces[first]! >= this.sightFrom
      if (!isAhead || pieces[end]! - pieces[first]! > SIGHT_BYTES || !this.reserveSight()) return undefined
      while (end < this.isHere.length && pieces[end + 1]! - pieces[first]! <= SIGHT_BYTES) end++
      // Until they are there it holds nothing.
      this.sightTo = 0
      this.load(first, end, this.sight)
      this.sightFrom = pieces[first]!
      this.sightTo = pieces[end]!
    }
    return this.sight - this.sightFrom
  }

  /** Whether all of them are in their places: single ones that were looked up. */
  private areHere(addresses: Uint32Array, count: number, least: number, most: number): boolean {
    const { isHere } = this
    if (isHere[this.pieceOf(least)] === 0 || isHere[this.pieceOf(most)] === 0) return false
    for (let i = 0; i < count; i++) if (isHere[this.pieceOf(addresses[i]!)] === 0) return false
    return true
  }

  private reserveSight(): boolean {
    if (this.sight === 0) this.sight = this.log.store.reserveWindow(SIGHT_BYTES)
    return this.sight !== 0
  }

  /** Reads whatever is not here. */
  readAll(): void {
    this.index()
    while (!this.isWhole) this.readNext(RUN_BYTES)
    this.stop()
  }

  /** Reads the rest while nobody waits. It does not keep the program running. */
  readOn(): void {
    this.timer = setTimeout(() => {
      try {
        // A scan goes first as well.
        if (this.isScanned) this.isScanned = false
        else if (this.log.pass.isIndexed) this.readNext(TURN_BYTES)
        else this.index(TURN_SLOTS)
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
    this.sightTo = 0
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
    const { pieces, isHere } = this
    const first = isHere.indexOf(0, this.next)
    if (first >= 0) {
      let end = first + 1
      while (end < isHere.length && isHere[end] === 0 && pieces[end + 1]! - pieces[first]! <= bytes) end++
      this.read(first, end)
      this.next = end
      if (isHere.indexOf(0, end) >= 0) return
    }
    this.log.pass.free(this.gaps)
    this.gaps = new Uint32Array(0)
    this.next = isHere.length
  }

  private read(first: number, end: number): void {
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

/** Frames are listed from the last to the first. */
function piecesOf(gaps: Uint32Array, from: number, to: number): number[] {
  const pieces = [from]
  let last = from
  for (let i = gaps.length - 1; i >= 0; i--) {
    const at = gaps[i]! - 1
    if ((at & 7) !== 0 || at - last < PIECE_BYTES) continue
    pieces.push(at)
    last = at
  }
  pieces.push(to)
  return pieces
}
