// A large log is read through a small window when it is opened: its bytes are checked and applied while they are in the cache, and its records
// get their places in pages that nothing has touched yet. To touch those first is most of what reading a log in place takes. Without a snapshot
// memory does not even reach them yet: an engine that collects garbage counts what is new, and V8 marks its whole heap after 32 MiB. This way
// is for logs without anything out of the ordinary; all others are read in place (recover.ts), from the start.

import { LogPass, PASS_GAPS_BYTES, type Store } from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'
import { Residency } from './residency.ts'

/** A log smaller than this is read in place in less than 2 ms more. */
export const PASSAGE_BYTES_MIN = 4_194_304

export class Passage {
  private readonly store: Store
  private readonly pass: LogPass
  /** Where the log will lie, and for how many bytes there is room. */
  private readonly place: number
  private readonly bytes: number
  private readonly gapsAt: number
  private readonly isCovered: boolean

  private constructor(store: Store, pass: LogPass, place: number, bytes: number, gapsAt: number, isCovered: boolean) {
    this.store = store
    this.pass = pass
    this.place = place
    this.bytes = bytes
    this.gapsAt = gapsAt
    this.isCovered = isCovered
    pass.begin(place, bytes, gapsAt, isCovered)
  }

  /** Room for `bytes` of log, a multiple of 8. `isCovered`: a snapshot has its structures, all of them. Undefined: there is not so much memory. */
  static over(store: Store, bytes: number, isCovered: boolean): Passage | undefined {
    if (isCovered) store.resetWalkedLive()
    // What a snapshot has brought stands behind the log, where memory reaches already.
    const gapsAt = store.reserveWindow(PASS_GAPS_BYTES)
    if (gapsAt === 0) return undefined
    const pass = new LogPass(store.memory)
    const place = isCovered ? store.reserveLog(bytes) : pass.promise(bytes)
    if (place !== 0) return new Passage(store, pass, place, bytes, gapsAt, isCovered)
    store.releaseLog(gapsAt, PASS_GAPS_BYTES)
    return undefined
  }

  /** Applies the checked frames in [from, end) of memory, which are those at `offset` of the file. False: not this way. */
  take(from: number, end: number, offset: number): boolean {
    const delta = this.place + (offset - LOG_HEADER_BYTES) - from
    return this.pass.apply(from, end, offset / 8, delta, this.isCovered)
  }

  /** The log ends at `end` of the file. Undefined: not this way. */
  finish(file: StorageFile, path: string, end: number): Residency | undefined {
    const { store, pass, place, bytes, isCovered } = this
    const length = end - LOG_HEADER_BYTES
    store.releaseLog(this.gapsAt, PASS_GAPS_BYTES)
    if (isCovered) {
      if (store.walkedLive !== store.count) return undefined
    } else {
      // Behind the log's end other things may be put at once.
      const mayWait = pass.expectIndex() && pass.hashesEnd <= place + length
      if (!mayWait && !pass.index()) return undefined
      store.finishLog(false)
    }
    return new Residency({ store, pass, file, path, from: place, to: place + length, reserved: bytes })
  }
}
