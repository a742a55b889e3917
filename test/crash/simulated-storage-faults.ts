// What is going to go wrong on a simulated medium, and when.

import type { HostError } from '../../src/error/index.ts'
import { hostError } from '../../src/storage/index.ts'

export type OperationKind =
  | 'open'
  | 'create'
  | 'write'
  | 'truncate'
  | 'flush'
  | 'flushSync'
  | 'flushNames'
  | 'rename'
  | 'remove'

export interface Operation {
  readonly number: number
  readonly kind: OperationKind
  /** The file; of a rename the source; empty for `flushNames`. */
  readonly name: string
  readonly position?: number
  readonly bytesCount?: number
}

/**
 * How far an operation gets that does not succeed. `part`: some first bytes of a write, at least one and not all; other
 * operations are indivisible, and do nothing.
 */
export type Moment = 'before' | 'part' | 'after'

export interface FaultOptions {
  /** `ENOSPC` and `EDQUOT` refuse; `EIO` leaves unknown what happened. Default `EIO`. */
  readonly code?: 'EIO' | 'ENOSPC' | 'EDQUOT'
  /** Default `before`. `after` is for `EIO`: done, and reported as failed. A flush that fails always loses at random. */
  readonly moment?: Moment
  /** One operation (the default), or every later one, too. */
  readonly lasts?: 'once' | 'forever'
  /** Only operations of these kinds fail: the first one from the given number on. Default: all kinds. */
  readonly kinds?: readonly OperationKind[]
}

/** The power went off. Not a QuiverError: nothing in the engine may handle it. */
export class CrashSignal extends Error {
  constructor(operation: Operation) {
    super(`simulated crash at ${describeOperation(operation)}`)
    this.name = 'CrashSignal'
  }
}

/** `operation 17, write of c1.log, 250 bytes at 4096`, for messages of tests. */
export function describeOperation({ number, kind, name, position, bytesCount }: Operation): string {
  const where =
    bytesCount === undefined ? '' : `, ${bytesCount} bytes${position === undefined ? '' : ` at ${position}`}`
  return `operation ${number}, ${kind}${name === '' ? '' : ` of ${name}`}${where}`
}

/** How much of an operation is to be done, and what is to be thrown after that. */
export interface Fate {
  readonly extent: 'nothing' | 'part' | 'whole'
  readonly error: CrashSignal | HostError | undefined
}

interface Fault {
  readonly from: number
  readonly options: FaultOptions
  isSpent: boolean
}

const SUCCESS: Fate = { extent: 'whole', error: undefined }
const EXTENTS = { before: 'nothing', part: 'part', after: 'whole' } as const
const REASONS = {
  EIO: 'EIO: i/o error',
  ENOSPC: 'ENOSPC: no space left on device',
  EDQUOT: 'EDQUOT: disk quota exceeded',
}

export class FaultPlan {
  #stop: { readonly number: number; readonly moment: Moment } | undefined
  #faults: Fault[] = []
  #signal: CrashSignal | undefined

  get isStopped(): boolean {
    return this.#signal !== undefined
  }

  stopAt(number: number, moment: Moment): void {
    this.#stop = { number, moment }
  }

  failAt(number: number, options: FaultOptions): void {
    if (options.moment === 'after' && (options.code ?? 'EIO') !== 'EIO') {
      throw new Error(`${options.code} is a refusal: nothing has been done when it is reported`)
    }
    this.#faults.push({ from: number, options, isSpent: false })
  }

  heal(): void {
    this.#stop = undefined
    this.#faults = []
  }

  requireRunning(): void {
    if (this.#signal !== undefined) throw this.#signal
  }

  /** @param partCount - the bytes that a write which gets half-way will have written. */
  decide(operation: Operation, directory: string, partCount: number): Fate {
    if (this.#stop !== undefined && operation.number >= this.#stop.number) {
      this.#signal = new CrashSignal(operation)
      return { extent: EXTENTS[this.#stop.moment], error: this.#signal }
    }
    const fault = this.#faults.find(
      ({ from, options, isSpent }) =>
        !isSpent && operation.number >= from && (options.kinds?.includes(operation.kind) ?? true),
    )
    if (fault === undefined) return SUCCESS
    const { code = 'EIO', moment = 'before', lasts = 'once' } = fault.options
    fault.isSpent = lasts === 'once'
    const cause = Object.assign(new Error(REASONS[code]), { code })
    const extra = operation.kind === 'write' ? { written: moment === 'part' ? partCount : 0 } : {}
    return { extent: EXTENTS[moment], error: hostError(operation.kind, directory, operation.name, cause, extra) }
  }
}
