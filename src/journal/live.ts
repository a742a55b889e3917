// A log in as little memory as can be. The first pass notes which records are live at the end, and where; the second copies these alone,
// into one place of exactly their size. Neither needs room for a frame that is longer than the window.

import {
  BLOCK_KIND,
  BLOCK_KIND_SHIFT,
  BLOCK_UNITS,
  KIND_DELETE,
  KIND_RECORD,
  outOfMemory,
  type Store,
  WALK_COPY,
  WALK_SHAPES,
} from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { framesEnd, longFrame } from './frame.ts'
import type { Slice } from './slice.ts'
import type { FrameWalk } from './walk.ts'
import type { LogWindow } from './window.ts'

/** More than a partition can have. */
const SLOTS_MAX = 2 ** 28

/** Whole blocks of the log from byte `at` on, in [from, end) of memory. A block too long for the window is not in memory: both are 0. */
interface Piece {
  readonly at: number
  readonly from: number
  readonly end: number
  /** The first words of a block that is not in memory: its length and kind, and its slot, if it has one. */
  readonly word: number
  readonly slot: number
}

interface Long {
  readonly at: number
  readonly bytes: number
  readonly slot: number
}

export class LiveRecords {
  /** Where the records go; 0 until it is reserved, or if there are none. */
  private place = 0
  private store: Store
  private readonly file: StorageFile
  private window: LogWindow
  private readonly slice: Slice
  /** By slot: where in the log the live record is, and its length, both in units; 0 for none. */
  private places = new Uint32Array(4_096)
  private lengths = new Uint32Array(4_096)
  private units = 0
  /** Cleared when something in the log makes no sense. */
  private isWhole = true
  /** Records that do not fit in the window. */
  private longs: Long[] = []

  constructor(store: Store, file: StorageFile, window: LogWindow, slice: Slice) {
    this.store = store
    this.file = file
    this.window = window
    this.slice = slice
  }

  /** The first pass, over [from, to) of the file. Returns false if something there makes no sense. */
  async mark(from: number, to: number): Promise<boolean> {
    for await (const piece of this.pieces(from, to)) {
      if (piece.from === 0) {
        const { at, word, slot } = piece
        if (((word >>> BLOCK_KIND_SHIFT) & BLOCK_KIND) === KIND_RECORD) {
          this.longs.push({ at, bytes: (word & BLOCK_UNITS) * 8, slot })
          this.note(slot, at / 8, word & BLOCK_UNITS)
        }
        continue
      }
      const { u32 } = this.store.memory
      for (let i = piece.from >>> 2, unit = piece.at / 8; i < piece.end >>> 2; ) {
        const length = u32[i]! & BLOCK_UNITS
        if (length === 0) return false
        const kind = (u32[i]! >>> BLOCK_KIND_SHIFT) & BLOCK_KIND
        if (kind === KIND_RECORD) this.note(u32[i + 1]!, unit, length)
        else if (kind === KIND_DELETE) this.note(u32[i + 1]!, 0, 0)
        i += length * 2
        unit += length
      }
    }
    return this.isWhole
  }

  /** Called after the first pass: the others are in an empty store, where nothing is in the way, with as large a window. */
  moveTo(store: Store, window: LogWindow): void {
    this.store = store
    this.window = window
  }

  /** A pass that only reads the shapes. */
  async shapes(from: number, to: number, walk: FrameWalk): Promise<boolean> {
    for await (const piece of this.pieces(from, to)) {
      if (!(await walk.apply(piece.from, piece.end, piece.at / 8, WALK_SHAPES | WALK_COPY))) return false
    }
    return true
  }

  /** Called before the last pass: reserves the place, and reads the long records to its beginning. */
  reserve(): void {
    const { store, file } = this
    this.longs = this.longs.filter(({ slot, at }) => this.places[slot] === at / 8)
    if (this.units === 0) return
    const bytes = this.units * 8
    this.place = store.reserveLog(bytes)
    if (this.place === 0) throw outOfMemory('the log')
    let end = this.place
    for (const long of this.longs) {
      file.read(long.at, store.memoryRange(end, long.bytes))
      end += long.bytes
    }
    store.attachLog(this.place, bytes, end - this.place)
  }

  /** The last pass: applies what is live in [from, to) of the file, and all that is no record. */
  async copy(from: number, to: number, walk: FrameWalk, flags: number): Promise<boolean> {
    for await (const piece of this.pieces(from, to)) {
      for (const [begin, end] of this.livePieces(piece)) {
        const units = (piece.at + begin - piece.from) / 8
        if (!(await walk.apply(begin, end, units, flags | WALK_COPY))) return false
      }
    }
    return true
  }

  /** Called after the last pass: applies the long records. */
  async finish(walk: FrameWalk, flags: number): Promise<boolean> {
    let address = this.place
    for (const { at, bytes } of this.longs) {
      if (!(await walk.apply(address, address + bytes, at / 8, flags))) return false
      address += bytes
    }
    return true
  }

  /** What a piece has besides records that are not live. */
  private livePieces(piece: Piece): [begin: number, end: number][] {
    const { u32 } = this.store.memory
    const found: [begin: number, end: number][] = []
    let begin = piece.from
    for (let address = piece.from, unit = piece.at / 8; address < piece.end; ) {
      const word = u32[address >>> 2]!
      const length = word & BLOCK_UNITS
      const isRecord = ((word >>> BLOCK_KIND_SHIFT) & BLOCK_KIND) === KIND_RECORD
      const next = address + length * 8
      if (isRecord && this.places[u32[(address >>> 2) + 1]!] !== unit) {
        if (address > begin) found.push([begin, address])
        begin = next
      }
      address = next
      unit += length
    }
    if (piece.end > begin) found.push([begin, piece.end])
    return found
  }

  private note(slot: number, place: number, length: number): void {
    if (slot >= this.places.length) {
      if (place === 0) return
      if (slot >= SLOTS_MAX) {
        this.isWhole = false
        return
      }
      this.places = grown(this.places, slot)
      this.lengths = grown(this.lengths, slot)
    }
    this.units += length - this.lengths[slot]!
    this.places[slot] = place
    this.lengths[slot] = length
  }

  /** The checked frames of [from, to), one window after the other. */
  private async *pieces(from: number, to: number): AsyncGenerator<Piece> {
    const { store, file, window, slice } = this
    const head = new Uint32Array(2)
    for (let at = from; at < to; ) {
      await slice.rest()
      const bytes = Math.min(window.bytes, to - at)
      window.load(at, bytes)
      const end = framesEnd(store, window.at, window.at + bytes)
      if (end > window.at) {
        yield { at, from: window.at, end, word: 0, slot: 0 }
        at += end - window.at
        continue
      }
      const long = at + longFrame(store, window.at, bytes)
      this.isWhole &&= long > at
      if (!this.isWhole) return
      while (at < long) {
        file.read(at, new Uint8Array(head.buffer))
        const [word, slot] = head as unknown as [number, number]
        const length = (word & BLOCK_UNITS) * 8
        this.isWhole &&= length > 0
        if (!this.isWhole) return
        const fits = length <= window.bytes
        if (fits) window.load(at, length)
        yield { at, from: fits ? window.at : 0, end: fits ? window.at + length : 0, word, slot }
        at += length
      }
    }
  }
}

function grown(places: Uint32Array<ArrayBuffer>, slot: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(Math.max(slot + 1, places.length * 2))
  next.set(places)
  return next
}
