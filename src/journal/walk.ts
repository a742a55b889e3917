// Applying frames that were checked: where they lie, or piece by piece through a window.

import {
  PAGES_RESERVED_SCRATCH,
  S_PAGES_FREE,
  S_PAGES_LIMIT,
  S_PAGES_TOP,
  S_SLOT_TOP,
  type Store,
  WALK_COPY,
  WALK_DISCARD,
} from '../core/index.ts'
import { framesEnd, longFrame } from './frame.ts'
import { LOG_HEADER_BYTES } from './header.ts'
import type { Slice } from './slice.ts'
import type { LogWindow } from './window.ts'

/** A part of the file. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Ranges that no cut is inside of. */
export function splitAt(cuts: readonly number[], ranges: readonly Range[]): Range[] {
  const sorted = [...cuts].sort((a, b) => a - b)
  return ranges.flatMap(({ from, to }) => {
    const ends = [...sorted.filter((offset) => offset > from && offset < to), to]
    return ends.map((end, i) => ({ from: i === 0 ? from : ends[i - 1]!, to: end }))
  })
}

export class FrameWalk {
  private readonly store: Store
  private readonly window: LogWindow
  private readonly slice: Slice
  private readonly isInPlace: boolean

  constructor(store: Store, window: LogWindow, slice: Slice, isInPlace: boolean) {
    this.store = store
    this.window = window
    this.slice = slice
    this.isInPlace = isInPlace
  }

  /** Applies [from, to) of the file; returns false if its entries contradict each other. */
  async run(from: number, to: number, flags: number): Promise<boolean> {
    const { window, store, isInPlace } = this
    if (isInPlace) {
      const base = window.place - LOG_HEADER_BYTES
      return await this.apply(base + from, base + to, from / 8, flags)
    }
    if (flags === WALK_DISCARD) return true
    for (let at = from; at < to; ) {
      const bytes = Math.min(window.bytes, to - at)
      window.load(at, bytes)
      // Whole frames only; they are known to be valid.
      const stop = framesEnd(store, window.at, window.at + bytes)
      if (stop === window.at) {
        const long = longFrame(store, window.at, bytes)
        if (long === 0) return false
        window.reserve(long, long)
        continue
      }
      if (!(await this.apply(window.at, stop, at / 8, flags | WALK_COPY))) return false
      at += stop - window.at
    }
    return true
  }

  /** Applies [from, end) of memory. */
  async apply(from: number, end: number, units: number, flags: number): Promise<boolean> {
    for (let at = from; at < end; ) {
      await this.slice.rest()
      at = this.store.walk(at, end, units + (at - from) / 8, flags)
      if (at === 0) return false
    }
    return true
  }
}

/** Whether so few pages are left that deletions or a compaction may find none. */
export function isCramped({ memory }: Store): boolean {
  const spare = memory.state(S_PAGES_LIMIT) + memory.state(S_PAGES_FREE) - memory.state(S_PAGES_TOP)
  return spare < PAGES_RESERVED_SCRATCH + (memory.state(S_SLOT_TOP) >>> 14)
}
