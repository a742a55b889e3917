// The writing side of a partition's log: frames are appended to a file that is preallocated in steps, and concurrent
// callers that need their bytes on stable storage share one flush (group commit).

import { HELD_BYTES, type HeldFrames, performance } from '../core/index.ts'
import { HostError, LimitError, PoisonedError, type QuiverError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'

/**
 * The file grows by an eighth of its size, within these bounds: a flush is a third cheaper if the file did not grow.
 */
const RESERVE_MIN = 262_144
const RESERVE_MAX = 8_388_608
/** Preallocated for deletions only, so that a full disk still accepts some. */
const KEPT_BYTES = 32_768
/** Positions are kept in 32 bits, in units of 8 bytes. */
const LOG_BYTES_MAX = 2 ** 35
/** Larger frames are written at once. */
const HELD_FRAME_MAX = 65_536
/** How many turns a flush waits for callers of the same event-loop turn before it runs. */
const GATHER_TURNS = 8
/** Flushes slower than this run off the main thread. */
const FLUSH_SYNC_US = 3_000

/**
 * Written at once, at multiples of its length: Linux keeps the bytes of one write as one folio, and a small write into
 * a folio checks the state of each of its blocks. Single soft writes are 5 % slower with pieces of 256 KiB; with pieces
 * of 4 KiB, growing costs more than that.
 */
const zeros = new Uint8Array(65_536)

/** Buffer of frames that wait for their flush, to be written together. */
export type Held = Pick<HeldFrames, 'take' | 'address' | 'bytes'>

export type Unsettled = { readonly size: number }

/** The counts of a batch that decide how much room it may use. */
interface Planned {
  readonly inserted: number
  readonly replaced: number
}

interface Waiter {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: QuiverError): void
}

function waiter(): Waiter {
  let resolve!: () => void
  let reject!: (error: QuiverError) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Without a handler this would be an unhandled rejection; the database is poisoned and reports the error anyway.
  promise.catch(() => {})
  return { promise, resolve, reject }
}

const DONE = Promise.resolve()

/** Error codes of a platform without room: the outcome of a write refused with one of them is known. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export function isNoRoom(error: unknown): boolean {
  return error instanceof HostError && NO_ROOM.has(String(error.details['code']))
}

/** A log passes it to its successor, so everything it references stays alive. */
export type OnPoison = ((error: QuiverError) => void) | undefined

export class Log {
  readonly file: StorageFile
  /** Position of the next frame. */
  position: number
  /** Everything up to here is on stable storage. */
  durable: number
  /** Up to here, every part of its writes over several partitions is on stable storage. */
  private settled = 0
  /** Sequence of the next frame. */
  sequence: number
  poison: QuiverError | undefined
  private readonly onPoison: OnPoison
  /** Length of the file; everything but deletions must end KEPT_BYTES before it. */
  private filled: number
  private reserved: number
  /** Without it frames are written at once. */
  private readonly held: Held | undefined
  readonly unsettled: Unsettled
  private pendingFrom = 0
  private pendingBytes = 0
  private next: Waiter | undefined
  private isFlushing = false
  /** A flush failed beside the one under way: the platform tells only one of them that bytes were lost, whosever they are. */
  private isDoubtful = false
  private isRetired = false
  /**
   * Recent duration of a flush, as an integer: if the first flush made this field fractional, V8 would discard the code
   * compiled for logs.
   */
  private flushUs = 0

  /**
   * @param held - of the partition; must hold no frames of an earlier log.
   * @param unsettled - logs of the collection with writes over several partitions that may not be durable everywhere.
   */
  constructor(
    file: StorageFile,
    position: number,
    sequence: number,
    onPoison: OnPoison,
    held?: Held,
    unsettled: Unsettled = new Set(),
  ) {
    this.held = held
    this.unsettled = unsettled
    this.file = file
    this.position = position
    this.durable = position
    this.sequence = sequence
    this.filled = file.size()
    this.reserved = this.filled - KEPT_BYTES
    this.onPoison = onPoison
    this.lookAround()
  }

  /**
   * The durable mark of the next frame. It vouches for other logs, too: a write over several partitions that lies before
   * a mark is whole in them.
   */
  get durableUnits(): number {
    this.lookAround()
    return Math.floor(Math.min(this.durable, this.settled) / 8)
  }

  private lookAround(): void {
    if (this.unsettled.size === 0) this.settled = this.position
  }

  /** Returns what is to be called once all is durable everywhere that has been written so far. */
  settling(): () => void {
    const { position } = this
    return () => {
      if (position > this.settled) this.settled = position
    }
  }

  /** Throws when nothing may be written any more. */
  checkWritable(): void {
    if (this.poison === undefined) return
    throw new PoisonedError(
      `an earlier write to ${this.file.name} failed and its outcome is unknown: reopen the database to go on (${this.poison.message})`,
      { cause: this.poison },
    )
  }

  /**
   * Makes room for `bytes` more on behalf of `planned`; if deferred, also in memory. A refusal leaves everything as it
   * was.
   */
  reserve(bytes: number, isDeferred = false, planned?: Planned): void {
    // The first batch of a write over several partitions is unsettled when the second one is written.
    this.lookAround()
    if (isDeferred) this.held?.take()
    const needed = this.position + bytes
    if (needed <= this.reserved) return
    if (needed > LOG_BYTES_MAX)
      throw new LimitError(`the log ${this.file.name} would pass 32 GiB`, {
        details: { limit: LOG_BYTES_MAX, got: needed },
      })
    const step = Math.min(RESERVE_MAX, Math.max(RESERVE_MIN, Math.floor(this.position / 8)))
    try {
      this.extend(needed + step)
    } catch (error) {
      // A nearly full disk may still have room for this write.
      if (!isNoRoom(error)) throw error
      this.extendFor(needed, planned)
    }
  }

  private extendFor(needed: number, planned: Planned | undefined): void {
    try {
      this.extend(needed)
    } catch (error) {
      const isDeletion = planned !== undefined && planned.inserted + planned.replaced === 0
      if (!isDeletion || !isNoRoom(error) || needed > this.filled) throw error
    }
  }

  private extend(to: number): void {
    const end = to + KEPT_BYTES
    for (let at = this.filled, bytes = 0; at < end; at += bytes) {
      bytes = Math.min(zeros.length - (at % zeros.length), end - at)
      this.file.write(at, bytes === zeros.length ? zeros : zeros.subarray(0, bytes))
      this.filled = at + bytes
      this.reserved = this.filled - KEPT_BYTES
    }
  }

  /**
   * Appends a frame, the `length` bytes at `from`. If deferred, it may stay in memory until the flush that its caller
   * requests next; otherwise the operating system has it on return. `reserve` must have made room.
   */
  append(bytes: Uint8Array, isDeferred: boolean, from = 0, length = bytes.length): void {
    if (isDeferred && length <= this.room) {
      this.held!.bytes.set(bytes.subarray(from, from + length), this.place)
      this.hold(length)
      return
    }
    this.writePending()
    try {
      this.writePart(this.position, bytes, from, length)
    } catch (error) {
      if (isNoRoom(error)) throw error
      throw this.fail(error)
    }
    this.position += length
    this.sequence++
  }

  private writePart(position: number, bytes: Uint8Array, from: number, length: number): void {
    if (this.file.writePart === undefined) this.file.write(position, bytes.subarray(from, from + length))
    else this.file.writePart(position, bytes, from, length)
  }

  /** Maximum size of a frame that may wait at `place` for the flush; 0 if none may. */
  get room(): number {
    if (this.held === undefined || this.held.address <= 0) return 0
    return Math.min(HELD_FRAME_MAX, HELD_BYTES - this.pendingBytes, this.reserved - this.position)
  }

  /** Address in the partition's memory for the next frame that waits. */
  get place(): number {
    return this.held!.address + this.pendingBytes
  }

  /** Records a frame of this many bytes at `place`. */
  hold(bytes: number): void {
    if (this.pendingBytes === 0) this.pendingFrom = this.position
    this.pendingBytes += bytes
    this.position += bytes
    this.sequence++
  }

  /** Hands all waiting frames to the operating system. */
  writePending(): void {
    if (this.pendingBytes === 0) return
    const bytes = this.pendingBytes
    this.pendingBytes = 0
    try {
      this.writePart(this.pendingFrom, this.held!.bytes, this.held!.address, bytes)
    } catch (error) {
      // These frames are already applied, and their callers wait.
      throw this.fail(error)
    }
  }

  /**
   * Removes the frames appended since `position`, after the platform refused one of them for want of room. Some of
   * their bytes may now be behind the end of the log: the sequence continues, so that they are never mistaken for later
   * frames.
   */
  rewind(position: number): void {
    this.position = position
    this.pendingBytes = Math.max(0, Math.min(this.pendingBytes, position - this.pendingFrom))
    this.sequence++
  }

  /** Poisons the log; returns the error. */
  fail(cause: unknown): QuiverError {
    const error =
      cause instanceof HostError
        ? cause
        : new HostError(`writing ${this.file.name} failed: ${String(cause)}`, {
            cause,
            details: { file: this.file.name },
          })
    if (this.poison === undefined) {
      this.poison = error
      this.onPoison?.(error)
    }
    return error
  }

  /** Resolves when everything appended so far is on stable storage. */
  flush(): Promise<void> {
    if (this.poison !== undefined) return Promise.reject(this.poison)
    this.lookAround()
    // The file must not be closed while a flush runs.
    if (this.durable >= this.position && !this.isFlushing) return DONE
    if (this.next === undefined) {
      const next = waiter()
      // First: on a stack that overflows here, callers would wait for a flush that nobody begins.
      if (!this.isFlushing) this.gather(0, this.position)
      this.next = next
    }
    return this.next.promise
  }

  /**
   * Lets callers of the same event-loop turn go first, so that they share the flush. (Node's `queueMicrotask` would
   * create an asynchronous resource per turn.)
   */
  private gather(turns: number, position: number): void {
    DONE.then(() => {
      if (turns < GATHER_TURNS && this.position !== position) this.gather(turns + 1, this.position)
      else this.run()
    })
  }

  private run(): void {
    const callers = this.next
    if (callers === undefined) return
    this.next = undefined
    // After a failed flush the next one may succeed without the bytes; and the file may be closed, its descriptor
    // reused.
    if (this.poison !== undefined) {
      callers.reject(this.poison)
      return
    }
    this.isFlushing = true
    const target = this.position
    const began = performance.now()
    try {
      this.writePending()
      if (this.flushUs < FLUSH_SYNC_US && this.file.isFlushedLater !== true) {
        this.file.flushSync()
        this.flushed(target, began, callers)
        return
      }
    } catch (error) {
      this.failed(error, callers)
      return
    }
    this.file.flush().then(
      () => this.flushed(target, began, callers),
      (error) => this.failed(error, callers),
    )
  }

  private flushed(target: number, began: number, callers: Waiter): void {
    if (this.isDoubtful) {
      this.failed(this.poison, callers)
      return
    }
    this.flushUs += (((performance.now() - began) * 1_000 - this.flushUs) / 8) | 0
    if (target > this.durable) this.durable = target
    this.isFlushing = false
    callers.resolve()
    if (this.isRetired) this.release()
    else if (this.next !== undefined) this.gather(0, this.position)
  }

  private failed(cause: unknown, callers: Waiter): void {
    if (this.isRetired) {
      this.isFlushing = false
      callers.resolve()
      this.release()
      return
    }
    const error = this.fail(cause)
    this.writeAgain()
    this.isFlushing = false
    callers.reject(error)
    this.next?.reject(error)
    this.next = undefined
  }

  /**
   * Another file now holds everything on stable storage: callers waiting for this one are released, and do not see its
   * failures. The file can be closed when this resolves.
   */
  retire(): Promise<void> {
    this.isRetired = true
    this.pendingBytes = 0
    this.durable = this.position
    if (!this.isFlushing) {
      this.release()
      return DONE
    }
    this.next ??= waiter()
    return this.next.promise
  }

  private release(): void {
    this.next?.resolve()
    this.next = undefined
  }

  /**
   * As `flush`, but synchronous; where the medium cannot do that, the bytes are under way, ahead of everything that
   * follows.
   */
  flushSync(): void {
    this.checkWritable()
    if (this.durable >= this.position) return
    try {
      this.writePending()
      this.file.flushSync()
    } catch (error) {
      this.isDoubtful = this.isFlushing
      this.writeAgain()
      throw this.fail(error)
    }
    // Of bytes that were lost, the platform may tell the flush under way instead.
    if (this.file.isFlushedLater !== true && !this.isFlushing) this.durable = this.position
  }

  /** As `flushSync`, for a log that was just read: a process that died may have flushed none of it. */
  flushAll(): void {
    this.durable = 0
    this.flushSync()
  }

  /**
   * Platforms give up bytes that they could not flush, and still show them: a later flush succeeds without them. Written
   * again, they are part of the one with which the next opening begins.
   */
  private writeAgain(): void {
    const piece = new Uint8Array(65_536)
    try {
      for (let at = this.durable, bytes: number; at < this.position; at += bytes) {
        bytes = this.file.read(at, piece.subarray(0, this.position - at))
        if (bytes === 0) return
        this.file.write(at, piece.subarray(0, bytes))
      }
    } catch {
      // The flush that failed is what is reported.
    }
  }

  /** Cuts off unused preallocated space. */
  trim(): void {
    if (this.file.size() > this.position) this.file.truncate(this.position)
    this.filled = this.position
    this.reserved = this.filled - KEPT_BYTES
  }
}
