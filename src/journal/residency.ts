// Records that are not in memory yet. A log that was read through when the database was opened (passage.ts) is settled: every slot knows
// where its record lies. The bytes come when somebody needs them, or meanwhile: some frames for one key, all of them for anything else.
// What is read again is checked again. The index is built before most of it.

import { type LogPass, outOfMemory, type Store } from '../core/index.ts'
import { ClosedError, CorruptError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'

/** A piece is whole frames, not less than this where there are as many. */
const PIECE_BYTES = 65_536
/** Read together when all is wanted. */
const RUN_BYTES = 4_194_304
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
        if (this.log.pass.isIndexed) this.readNext(TURN_BYTES)
        else this.index(TURN_SLOTS)
      } catch {
        // Whoever needs it hears of it.
        return
      }
      if (!this.isWhole) this.readOn()
    }, REST_MS)
    const timer = this.timer as unknown as { unref?: () => void }
    timer.unref?.()
  }

  /** Reads no more by itself. */
  stop(): void {
    clearTimeout(this.timer)
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
    const { store, file, from, path } = this.log
    if (this.isClosed) throw new ClosedError(`${path} was closed before all of it was read`)
    const at = this.pieces[first]!
    const to = this.pieces[end]!
    const offset = LOG_HEADER_BYTES + (at - from)
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
    this.isHere.fill(1, first, end)
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
