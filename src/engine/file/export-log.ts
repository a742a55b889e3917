// What an export reads of one partition: its log.
//
// On a medium the log is there: it only grows, so its length at one moment is the state at that moment, and a file that a
// compaction leaves behind is held open. In memory, and after a failed write, documents are gone through as a compaction does, while
// what is written is gathered in a second log; both together are the state at the end.

import { outOfMemory } from '../../core/index.ts'
import { ClosedError, StateError } from '../../error/index.ts'
import { encodeLogHeader, homeOf, LOG_HEADER_BYTES, Log, type LogHeader, newSeed } from '../../journal/index.ts'
import { memoryFile, type StorageFile } from '../../storage/index.ts'
import type { Partition } from '../partition.ts'
import { pause } from '../pause.ts'
import { holdFile } from './held.ts'

const PIECE_BYTES = 1_048_576
const FRAME_BYTES_WANTED = 262_144
/** Frames written meanwhile stand behind those of the walk, and sequences only rise. */
const TAIL_SEQUENCE = 0x4000_0000

/** One partition's part of an export. */
export interface LogReader {
  /** What it reads is the state when it is sealed; otherwise that of its beginning. */
  readonly isOfEnd: boolean
  /** Bytes of the log, in pieces that are the caller's. */
  read(): AsyncGenerator<Uint8Array, void, undefined>
  /** Ends what is gathered. Called for all partitions in one stretch. */
  seal(): void
  /** What was gathered since the beginning; empty where `read` had everything. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>
  release(): void
}

export function readerOf(part: Partition): LogReader {
  const { log, header } = part
  const isWhole = log !== undefined && header !== undefined && log.poison === undefined
  return isWhole ? new WrittenLog(part, log, header) : new Walk(part)
}

/** The first bytes of a log file; of the first generation, wherever it comes from. */
function headOf(part: Partition, header: Pick<LogHeader, 'seed' | 'sealedTransaction' | 'home'>): Uint8Array {
  return encodeLogHeader(part.bare, { ...header, generation: 1, isComplete: true })
}

function requireOpen(part: Partition): void {
  if (!part.isClosing) return
  throw new ClosedError(`collection "${part.collection}" was closed or dropped while it was exported`, {
    details: { collection: part.collection },
  })
}

/** A log that is on its medium, up to where it was when this was made. */
class WrittenLog implements LogReader {
  readonly isOfEnd = false
  readonly #part: Partition
  readonly #file: StorageFile
  readonly #head: Uint8Array
  readonly #end: number
  readonly release: () => void

  constructor(part: Partition, log: Log, header: LogHeader) {
    log.writePending()
    this.#part = part
    this.#file = log.file
    this.#head = headOf(part, header)
    this.#end = log.position
    this.release = holdFile(log.file)
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#head
    for (let at = LOG_HEADER_BYTES; at < this.#end; at += PIECE_BYTES) {
      await pause()
      requireOpen(this.#part)
      const piece = new Uint8Array(Math.min(PIECE_BYTES, this.#end - at))
      this.#file.read(at, piece)
      yield piece
    }
  }

  seal(): void {}

  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {}
}

/** Partitions whose documents are gone through. */
const walked = new WeakSet<Partition>()

/** Goes through the documents of a partition, and gathers what is written meanwhile. */
class Walk implements LogReader {
  readonly isOfEnd = true
  readonly #part: Partition
  readonly #seed = newSeed()
  #tail: Log | undefined
  #isWalking = false
  #end = LOG_HEADER_BYTES

  constructor(part: Partition) {
    this.#part = part
    // The core goes through its documents for one at a time.
    if (walked.has(part)) {
      throw new StateError(
        `collection "${part.collection}" is being exported; in memory, and after a failed write, that goes once at a time: ` +
          'read the other export to its end, or cancel it',
      )
    }
    walked.add(part)
    // Nothing is written any more after a failure.
    if (part.header !== undefined) return
    part.store.gather.logSeed = this.#seed
    this.#tail = new Log(memoryFile('export'), LOG_HEADER_BYTES, TAIL_SEQUENCE, () => {})
    part.log = this.#tail
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const { store, highestTransaction: sealedTransaction, options } = this.#part
    // What is gone through has all of its writes over several partitions, and none as such: logs that have them would end before them.
    yield headOf(this.#part, { seed: this.#seed, sealedTransaction, home: homeOf(options.stem) })
    await this.#part.compacted()
    requireOpen(this.#part)
    store.gather.shiftSeed = this.#seed
    if (!store.compactBegin()) throw outOfMemory('an export')
    this.#isWalking = true
    let position = LOG_HEADER_BYTES
    for (let sequence = 1; ; sequence++) {
      const frame = store.compactFrame(position / 8, sequence, 0, FRAME_BYTES_WANTED)
      if (frame === undefined) break
      position += frame.length
      yield frame.slice()
      await pause()
      requireOpen(this.#part)
    }
    this.#stopWalking()
  }

  #stopWalking(): void {
    if (this.#isWalking) this.#part.store.compactAbandon()
    this.#isWalking = false
  }

  #stopGathering(): void {
    // By now it may be the log of another export.
    if (this.#tail !== undefined && this.#part.log === this.#tail) this.#part.log = undefined
  }

  seal(): void {
    requireOpen(this.#part)
    this.#tail?.writePending()
    this.#end = this.#tail?.position ?? LOG_HEADER_BYTES
    this.#stopGathering()
  }

  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = LOG_HEADER_BYTES; at < this.#end; at += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, this.#end - at))
      this.#tail!.file.read(at, piece)
      yield piece
    }
  }

  release(): void {
    this.#stopGathering()
    this.#stopWalking()
    this.#tail = undefined
    walked.delete(this.#part)
  }
}
