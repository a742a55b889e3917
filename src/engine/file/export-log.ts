// The log of one partition, as an export reads it.
//
// On a medium the log exists: it only grows, so its length at one moment is the state at that moment, and a file
// replaced by a compaction is held open. In memory, and after a failed write, the documents are walked as in a
// compaction, while a second log gathers what is written meanwhile; both together are the state at the end.

import { outOfMemory } from '../../core/index.ts'
import { ClosedError, CorruptError, StateError } from '../../error/index.ts'
import { encodeLogHeader, homeOf, LOG_HEADER_BYTES, Log, type LogHeader, newSeed } from '../../journal/index.ts'
import { memoryFile, type StorageFile } from '../../storage/index.ts'
import type { Partition } from '../partition.ts'
import { pause } from '../pause.ts'
import { holdFile } from './held.ts'

const PIECE_BYTES = 1_048_576
const FRAME_BYTES_WANTED = 262_144
/** Sequences only rise, so frames written meanwhile are placed after those of the walk. */
const TAIL_SEQUENCE = 0x4000_0000

/** One partition's part of an export. */
export interface LogReader {
  /** Whether it yields the state when it is sealed, or that at its beginning. */
  readonly isOfEnd: boolean
  /** Bytes of the log, in pieces that the caller owns. */
  read(): AsyncGenerator<Uint8Array, void, undefined>
  /** Stops gathering. Called for all partitions in one synchronous stretch. */
  seal(): void
  /** What was gathered since the beginning; empty where `read` has yielded everything. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>
  release(): void
}

export function readerOf(part: Partition): LogReader {
  const { log, header } = part
  const isWhole = log !== undefined && header !== undefined && log.poison === undefined
  return isWhole ? new WrittenLog(part, log, header) : new Walk(part)
}

/** The first bytes of a log file, always of the first generation. */
function headOf(part: Partition, header: Pick<LogHeader, 'seed' | 'sealedTransaction' | 'home'>): Uint8Array {
  return encodeLogHeader(part.bare, { ...header, generation: 1, isComplete: true })
}

function requireOpen(part: Partition): void {
  if (!part.isClosing) return
  throw new ClosedError(`collection "${part.collection}" was closed or dropped while it was exported`, {
    details: { collection: part.collection },
  })
}

/** A log on its medium, up to its length when this was created. */
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
      const end = at + this.#file.read(at, piece)
      // The rest would be zeros, and an import would take them for the end.
      if (end < at + piece.length) {
        const { name: file } = this.#file
        throw new CorruptError(`${file} was cut at byte ${end} while it was open`, { details: { file, offset: end } })
      }
      yield piece
    }
  }

  seal(): void {}

  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {}
}

/** Partitions whose documents are being walked. */
const walked = new WeakSet<Partition>()

/** Walks the documents of a partition, and gathers what is written meanwhile. */
class Walk implements LogReader {
  readonly isOfEnd = true
  readonly #part: Partition
  readonly #seed = newSeed()
  #tail: Log | undefined
  #isWalking = false
  #end = LOG_HEADER_BYTES

  constructor(part: Partition) {
    this.#part = part
    // The core can run only one walk at a time.
    if (walked.has(part)) {
      throw new StateError(
        `collection "${part.collection}" is being exported; in memory, and after a failed write, that goes once at a time: ` +
          'read the other export to its end, or cancel it',
      )
    }
    walked.add(part)
    // After a failure nothing is written any more.
    if (part.header !== undefined) return
    part.store.gather.logSeed = this.#seed
    this.#tail = new Log(memoryFile('export'), LOG_HEADER_BYTES, TAIL_SEQUENCE, () => {})
    part.log = this.#tail
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const { store, highestTransaction: sealedTransaction, options } = this.#part
    // The walked documents include the effects of transactions over several partitions, but not the transactions. The
    // head seals these; otherwise the logs of other participants would end before them.
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
    if (this.#tail !== undefined) this.#part.log = undefined
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
