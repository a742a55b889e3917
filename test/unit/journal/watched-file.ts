// A file in memory that writes down what is asked of it, is as slow as it is told, and fails when it is told to.

import { HostError } from '../../../src/error/index.ts'
import { MemoryDirectory, type StorageFile } from '../../../src/storage/index.ts'

export interface Call {
  readonly kind: 'write' | 'truncate' | 'flush' | 'flushSync' | 'close'
  readonly position?: number
  readonly bytes?: number
}

export class WatchedFile implements StorageFile {
  readonly name: string
  readonly calls: Call[] = []
  /** How long a flush that blocks takes. */
  flushMs = 0
  /** Asked before each call: an error code, and how many bytes of a write are done first. */
  fail: ((call: Call) => { readonly code: string; readonly written?: number } | undefined) | undefined
  /** Flushes that do not block and have not been let go: see `release`. */
  readonly waiting: (() => void)[] = []
  isHeld = false
  readonly #file: StorageFile

  private constructor(file: StorageFile) {
    this.name = file.name
    this.#file = file
  }

  static async create(): Promise<WatchedFile> {
    return new WatchedFile(await new MemoryDirectory().open('x.1.log', { create: true }))
  }

  count(kind: Call['kind']): number {
    return this.calls.filter((call) => call.kind === kind).length
  }

  bytes(from = 0, to = this.size()): Uint8Array {
    const bytes = new Uint8Array(to - from)
    this.#file.read(from, bytes)
    return bytes
  }

  /** Lets the oldest held flush end. */
  release(): void {
    this.waiting.shift()?.()
  }

  size(): number {
    return this.#file.size()
  }

  read(position: number, target: Uint8Array): number {
    return this.#file.read(position, target)
  }

  write(position: number, bytes: Uint8Array): void {
    this.#call({ kind: 'write', position, bytes: bytes.length }, (written) => {
      this.#file.write(position, bytes.subarray(0, written))
    })
    this.#file.write(position, bytes)
  }

  truncate(size: number): void {
    this.#call({ kind: 'truncate', bytes: size })
    this.#file.truncate(size)
  }

  async flush(): Promise<void> {
    const call = { kind: 'flush' } as const
    this.calls.push(call)
    const failure = this.fail?.(call)
    await (this.isHeld ? new Promise<void>((resolve) => this.waiting.push(resolve)) : Promise.resolve())
    if (failure !== undefined) throw this.#error(call, failure.code)
  }

  flushSync(): void {
    this.#call({ kind: 'flushSync' })
    const end = performance.now() + this.flushMs
    while (performance.now() < end) {}
  }

  close(): void {
    this.#call({ kind: 'close' })
  }

  #call(call: Call, part?: (written: number) => void): void {
    this.calls.push(call)
    const failure = this.fail?.(call)
    if (failure === undefined) return
    if (failure.written !== undefined) part?.(failure.written)
    throw this.#error(call, failure.code)
  }

  #error(call: Call, code: string): HostError {
    return new HostError(`${call.kind} of ${this.name} failed: ${code}`, {
      details: { operation: call.kind, file: this.name, code },
    })
  }
}
