// Compaction: a new generation of the log with only the live records. It is written beside the old log, frame by frame
// between other work; concurrent writes are copied after that; then, in one stretch, its header is marked complete and
// the log continues in it.

import { FRAME_BYTES, outOfMemory, pause, type Store } from '../core/index.ts'
import { CorruptError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { FRAME_BYTES_MAX, framesEnd } from './frame.ts'
import { encodeLogHeader, homeOf, LOG_HEADER_BYTES, type LogHeader, logName, newSeed } from './header.ts'
import { Log, type OnPoison } from './log.ts'

/** A step between two turns of the event loop takes about a millisecond. */
const STEP_BYTES = 262_144
/** The tail is copied concurrently until this little is left; the rest is copied in the last stretch. */
const TAIL_REST_BYTES = 262_144
const TAIL_STEP_BYTES = 4_194_304

export interface CompactionOptions {
  readonly directory: StorageDirectory
  readonly stem: string
  /** The id in the catalog. */
  readonly database: bigint | undefined
  readonly store: Store
  /** The current log, until `onSwitch`. */
  readonly log: Log
  readonly generation: number
  /** Returns the highest transaction of the collection, once all participants' frames of it are durable. */
  sealTransactions(): Promise<number>
  /** Returns false to give up. */
  mayGoOn(): boolean
  readonly onPoison: OnPoison
  /** Called in the stretch that completes the new log, before anything else runs. */
  onSwitch(done: Compacted): void
}

export interface Compacted {
  readonly log: Log
  readonly header: LogHeader
}

/**
 * Writes the new generation and switches to it; returns false if it gave up. The caller closes and removes the old one.
 */
export async function compact(options: CompactionOptions): Promise<boolean> {
  const { directory, stem, store, log } = options
  const generation = options.generation + 1
  const name = logName(stem, generation)
  await directory.remove(name)
  const file = await directory.open(name, { create: true })
  let isBegun = false
  let isDone = false
  try {
    const draft: LogHeader = {
      seed: newSeed(),
      generation,
      sealedTransaction: 0,
      isComplete: false,
      home: homeOf(stem, options.database),
    }
    file.write(0, encodeLogHeader(store, draft))
    // Before anything else is in the file: a draft is told from a log with a damaged header by that.
    await file.flush()
    await directory.flushNames()
    if (!options.mayGoOn()) return false
    store.gather.shiftSeed = draft.seed
    log.writePending()
    isBegun = store.compactBegin()
    if (!isBegun) throw outOfMemory('a compaction')
    const tailFrom = log.position
    const target: Target = { file, position: LOG_HEADER_BYTES, sequence: 1 }
    if (!(await copyRecords(options, target))) return false
    const tailTo = target.position
    let copied = await copyTails(options, tailFrom, target)
    if (copied < 0) return false
    await file.flush()
    const sealedTransaction = await options.sealTransactions()
    if (!options.mayGoOn()) return false
    // From here to the end nothing else runs.
    while (copied < log.position) copied = copyTail(store, log, copied, target)
    const header: LogHeader = { ...draft, sealedTransaction, isComplete: true }
    const next = new Log(file, target.position, target.sequence, options.onPoison, store.gather.held, log.unsettled)
    complete(file, header, options)
    store.compactFinish(tailFrom / 8, (tailTo - tailFrom) / 8)
    isDone = true
    if (file.isFlushedLater === true) next.durable = 0
    options.onSwitch({ log: next, header })
    // Callers waiting for the old log are released only after this.
    if (file.isFlushedLater === true) await next.flush()
    return true
  } finally {
    if (!isDone) {
      if (isBegun) store.compactAbandon()
      file.close()
      // One that may be complete is left to the next opening, which takes one of the two, and removes the other for good.
      if (log.poison === undefined) await directory.remove(name).catch(() => {})
    }
  }
}

/** The end of the new log. */
interface Target {
  readonly file: StorageFile
  position: number
  sequence: number
}

/** Writes the records that there were at the beginning; returns false if it gave up. */
async function copyRecords(options: CompactionOptions, target: Target): Promise<boolean> {
  for (;;) {
    const frame = options.store.compactFrame(target.position / 8, target.sequence, 0, STEP_BYTES)
    if (frame === undefined) return true
    target.file.write(target.position, frame)
    target.position += frame.length
    target.sequence++
    await pause()
    if (!options.mayGoOn()) return false
  }
}

/** Copies what has been logged from `from` on until little is left; returns where that begins, -1 if it gave up. */
async function copyTails(options: CompactionOptions, from: number, target: Target): Promise<number> {
  const { store, log } = options
  let copied = from
  while (log.position - copied > TAIL_REST_BYTES) {
    copied = copyTail(store, log, copied, target)
    await pause()
    if (!options.mayGoOn()) return -1
  }
  return copied
}

/** Copies whole frames of the old log, starting at `from`; returns where they end. */
function copyTail(store: Store, log: Log, from: number, target: Target): number {
  log.writePending()
  let bytes = Math.min(TAIL_STEP_BYTES, log.position - from)
  const frame = new Uint8Array(FRAME_BYTES)
  log.file.read(from, frame)
  const first = Math.min(FRAME_BYTES_MAX, FRAME_BYTES + new DataView(frame.buffer).getUint32(4, true))
  bytes = Math.max(bytes, first)
  let address = store.reserveWindow(bytes)
  while (address === 0 && bytes > first) {
    // A partition with little memory left copies in smaller steps.
    bytes = Math.max(first, bytes >>> 1)
    address = store.reserveWindow(bytes)
  }
  if (address === 0) throw outOfMemory('the tail of the log')
  try {
    const view = store.memoryRange(address, bytes)
    log.file.read(from, view)
    const whole = framesEnd(store, address, address + bytes) - address
    // With a new checksum, bytes that are not what was written would be taken for documents from then on.
    if (whole === 0)
      throw new CorruptError(
        `${log.file.name} is damaged at byte ${from}: what was written there cannot be read back`,
        {
          details: { file: log.file.name, offset: from },
        },
      )
    target.sequence = store.reseal(address, address + whole, target.sequence, 0)
    target.file.write(target.position, store.memoryRange(address, whole))
    target.position += whole
    return from + whole
  } finally {
    store.releaseLog(address, bytes)
  }
}

/** Marks the new log as complete: from here on it is the one that the next opening finds. */
function complete(file: StorageFile, header: LogHeader, { store, log }: CompactionOptions): void {
  file.flushSync()
  try {
    file.write(0, encodeLogHeader(store, header))
    file.flushSync()
  } catch (error) {
    // It is unknown which of the two the next opening finds. Both hold all that was acknowledged so far, so nothing more
    // may be written.
    throw log.fail(error)
  }
}
