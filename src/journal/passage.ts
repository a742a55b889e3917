// A large log is read through a small window when it is opened: its bytes are checked and applied while they are in the cache, and its
// records are assigned places in untouched pages. Touching pages for the first time is most of the cost of reading a log in place. Without
// a snapshot, memory is not even grown to those pages yet: a garbage collector counts new memory, and V8 marks its whole heap after 32 MiB.
// This path is only for logs without anything unusual; all others are read in place (recover.ts), from the start.

import { LogPass, PASS_GAPS_BYTES, type Store } from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'
import { Residency } from './residency.ts'

/** Reading a smaller log in place takes less than 2 ms more. */
export const PASSAGE_BYTES_MIN = 4_194_304

export class Passage {
  private readonly store: Store
  private readonly pass: LogPass
  /** Where the log will be, and the bytes of room there. */
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

  /** Reserves room for `bytes` of log, a multiple of 8. `isCovered`: a snapshot has all of its structures. Undefined if memory is short. */
  static over(store: Store, bytes: number, isCovered: boolean): Passage | undefined {
    if (isCovered) store.resetWalkedLive()
    // What a snapshot restored is located after the log, so memory already extends that far.
    const gapsAt = store.reserveWindow(PASS_GAPS_BYTES)
    if (gapsAt === 0) return undefined
    const pass = new LogPass(store.memory)
    const place = isCovered ? store.reserveLog(bytes) : pass.promise(bytes)
    if (place !== 0) return new Passage(store, pass, place, bytes, gapsAt, isCovered)
    store.releaseLog(gapsAt, PASS_GAPS_BYTES)
    return undefined
  }

  /**
   * Applies the checked frames in [from, end) of memory, which come from `offset` of the file. Returns false if the log does not qualify.
   */
  take(from: number, end: number, offset: number): boolean {
    const delta = this.place + (offset - LOG_HEADER_BYTES) - from
    return this.pass.apply(from, end, offset / 8, delta, this.isCovered)
  }

  /** Called when the log ends at `end` of the file. Returns undefined if the log does not qualify. */
  finish(file: StorageFile, path: string, end: number): Residency | undefined {
    const { store, pass, place, bytes, isCovered } = this
    const length = end - LOG_HEADER_BYTES
    store.releaseLog(this.gapsAt, PASS_GAPS_BYTES)
    if (isCovered) {
      if (store.walkedLive !== store.count) return undefined
    } else {
      // Other data may be placed directly after the log.
      const mayWait = pass.expectIndex() && pass.hashesEnd <= place + length
      if (!mayWait && !pass.index()) return undefined
      store.finishLog(false)
    }
    return new Residency({ store, pass, file, path, from: place, to: place + length, reserved: bytes })
  }
}
