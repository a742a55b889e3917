// The log of a partition, outwards: frames are appended to a file that is preallocated in steps, and concurrent callers that
// want their bytes on stable storage share one flush (group commit).

import { HELD_BYTES, type HeldFrames, performance } from '../core/index.ts'
import { HostError, LimitError, PoisonedError, type QuiverError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'

/** The file grows by an eighth of itself, within these bounds: flushes of a file that does not grow are a third cheaper. */
const RESERVE_MIN = 262_144
const RESERVE_MAX = 8_388_608
/** Preallocated for deletions alone: a disk without room takes some. */
const KEPT_BYTES = 32_768
/** Positions are kept in 32 bits, in units of 8 bytes. */
const LOG_BYTES_MAX = 2 ** 35
/** Larger frames do not wait for the flush. */
const HELD_FRAME_MAX = 65_536
/** How often a flush lets callers of the same turn catch up before it runs. */
const GATHER_TURNS = 8
/** Slower flushes than this run off the main thread. */
const FLUSH_SYNC_US = 3_000

/**
 * Written at once, from multiples of it on: Linux keeps as one folio what one write brought, and a small write into it looks at the
 * state of each of its blocks. Single soft writes are 5 % slower with pieces of 256 KiB; with those of 4 KiB growing costs more than that.
 */
const zeros = new Uint8Array(65_536)

/** Where frames wait for their flush, to be written together. */
export type Held = Pick<HeldFrames, 'take' | 'address' | 'bytes'>

/** What a batch does, as far as room is concerned. */
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
  // A caller that does not wait is no unhandled rejection: the database is poisoned and says so.
  promise.catch(() => {})
  return { promise, resolve, reject }
}

const DONE = Promise.resolve()

/** Codes of a platform that has no room: nothing is unknown about a write refused so. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export function isNoRoom(error: unknown): boolean {
  return error instanceof HostError && NO_ROOM.has(String(error.details['code']))
}

/** A log hands it on to the one that follows it: what it holds on to is held for good. */
export type OnPoison = ((error: QuiverError) => void) | undefined

export class Log {
  readonly file: StorageFile
  /** Where the next frame goes. */
  position: number
  /** Up to here everything is on stable storage. */
  durable: number
  /** Of the next frame. */
  sequence: number
  poison: QuiverError | undefined
  private readonly onPoison: OnPoison
  /** The file is that long; what is not a deletion ends KEPT_BYTES before. */
  private filled: number
  private reserved: number
  /** Without it frames do not wait. */
  private readonly held: Held | undefined
  private pendingFrom = 0
  private pendingBytes = 0
  private next: Waiter | undefined
  private isFlushing = false
  private isRetired = false
  /** Of late. Whole: when a field turns into a fraction, at the first flush, V8 throws away what it has compiled for logs. */
  private flushUs = 0

  /** @param held - of the partition; those of an earlier log have left it. */
  constructor(file: StorageFile, position: number, sequence: number, onPoison: OnPoison, held?: Held) {
    this.held = held
    this.file = file
    this.position = position
    this.durable = position
    this.sequence = sequence
    this.filled = file.size()
    this.reserved = this.filled - KEPT_BYTES
    this.onPoison = onPoison
  }

  get durableUnits(): number {
    return Math.floor(this.durable / 8)
  }

  /** Throws when nothing may be written any more. */
  checkWritable(): void {
    if (this.poison === undefined) return
    throw new PoisonedError(
      `an earlier write to ${this.file.name} failed and its outcome is unknown: reopen the database to go on (${this.poison.message})`,
      { cause: this.poison },
    )
  }

  /** Makes room for `bytes` more, which are of `planned`; deferred, in memory as well. A refusal leaves everything as it was. */
  reserve(bytes: number, isDeferred = false, planned?: Planned): void {
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
   * Appends a frame, the `length` bytes from `from` on. Deferred, it may wait in memory for the flush its caller asks for next;
   * otherwise the operating system has it on return. `reserve` has made room.
   */
  append(bytes: Uint8Array, isDeferred: boolean, from = 0, length = bytes.length): void {
    if (isDeferred && length <= this.room) {
      const { bytes: memory, address } = this.held!
      memory.set(bytes.subarray(from, from + length), address + this.pendingBytes)
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

  /** How large a frame may be that waits for the flush at `place`; 0: none may. */
  get room(): number {
    if (this.held === undefined || this.held.address <= 0) return 0
    return Math.min(HELD_FRAME_MAX, HELD_BYTES - this.pendingBytes, this.reserved - this.position)
  }

  /** Where in the partition's memory the next frame goes that waits. */
  get place(): number {
    return this.held!.address + this.pendingBytes
  }

  /** A frame of so many bytes stands at `place`. */
  hold(bytes: number): void {
    if (this.pendingBytes === 0) this.pendingFrom = this.position
    this.pendingBytes += bytes
    this.position += bytes
    this.sequence++
  }

  /** Hands over to the operating system whatever waits. */
  writePending(): void {
    if (this.pendingBytes === 0) return
    const bytes = this.pendingBytes
    this.pendingBytes = 0
    try {
      this.writePart(this.pendingFrom, this.held!.bytes, this.held!.address, bytes)
    } catch (error) {
      // These were applied already, and their callers wait.
      throw this.fail(error)
    }
  }

  /**
   * Takes back the frames appended since `position`, when the platform refused one of them for want of room. Some of their bytes may
   * stand behind the log now: the sequence goes on, so that they are never taken for what follows.
   */
  rewind(position: number): void {
    this.position = position
    this.pendingBytes = Math.max(0, Math.min(this.pendingBytes, position - this.pendingFrom))
    this.sequence++
  }

  /** Poisons the log; answers the error. */
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

  /** Everything appended so far is on stable storage when it resolves. */
  flush(): Promise<void> {
    if (this.poison !== undefined) return Promise.reject(this.poison)
    // While a flush is under way, `flushSync` may have overtaken it; who closes the file next must not do so under it.
    if (this.durable >= this.position && !this.isFlushing) return DONE
    if (this.next === undefined) {
      this.next = waiter()
      if (!this.isFlushing) this.gather(0, this.position)
    }
    return this.next.promise
  }

  /**
   * Callers that run in the same turn of the event loop are let in first: they share the flush. (Node's `queueMicrotask` would make an
   * asynchronous resource of each turn.)
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
    // After a failed flush the next one may succeed without the bytes; and the file may be closed by now, its number another's.
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
    this.isFlushing = false
    callers.reject(error)
    this.next?.reject(error)
    this.next = undefined
  }

  /**
   * Another file holds everything by now, on stable storage: whoever waits for this one need not, and may not hear of its failures.
   * It can be closed when this resolves.
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

  /** As `flush`, before it returns; where the medium cannot, the bytes are on their way then, before all that follows. */
  flushSync(): void {
    this.checkWritable()
    if (this.durable >= this.position) return
    try {
      this.writePending()
      this.file.flushSync()
    } catch (error) {
      throw this.fail(error)
    }
    if (this.file.isFlushedLater !== true) this.durable = this.position
  }

  /** Cuts what was preallocated and is not used. */
  trim(): void {
    if (this.file.size() > this.position) this.file.truncate(this.position)
    this.filled = this.position
    this.reserved = this.filled - KEPT_BYTES
  }
}
