// The linear memory of one instance as typed arrays. When memory grows, the old views are detached and have length 0:
// whoever calls an export that may grow memory calls `refresh` before reading on.

import { LimitError } from '../error/index.ts'
import { PAGE_BYTES, S_PAGES_TOP, STATUS_OK, STATUS_OUT_OF_MEMORY } from './abi.ts'
import type { DerivedExports } from './derived/load.ts'
import { type CoreExports, instantiateCore } from './load.ts'

interface NodeBuffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  utf8Write(text: string, start: number, bytes: number): number
}

interface NodeBufferClass {
  readonly prototype: Partial<NodeBuffer>
  from(buffer: ArrayBuffer): NodeBuffer
}

/** Node's own `Buffer`, where there is one: replacements for it in pages have other methods. */
export const NodeBuffer = nodeBuffer()
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

function nodeBuffer(): NodeBufferClass | undefined {
  const found = (globalThis as unknown as { Buffer?: NodeBufferClass }).Buffer
  const { latin1Slice, utf8Slice, utf8Write } = found?.prototype ?? {}
  return latin1Slice !== undefined && utf8Slice !== undefined && utf8Write !== undefined ? found : undefined
}

/** One instance and the views of its memory. */
export class Memory {
  readonly core: CoreExports
  /** Set once the partition has derived data: see `Store.derive`. */
  derived!: DerivedExports
  u8!: Uint8Array
  u16!: Uint16Array
  i32!: Int32Array
  u32!: Uint32Array
  f32!: Float32Array
  f64!: Float64Array
  i64!: BigInt64Array
  private buffer: NodeBuffer | undefined

  private constructor(core: CoreExports) {
    this.core = core
    primeInvoke()
    this.renew()
  }

  static async create(): Promise<Memory> {
    return new Memory(await instantiateCore())
  }

  /** Called after anything that may have grown memory. */
  refresh(): void {
    if (this.u8.length === 0) this.renew()
  }

  private renew(): void {
    const buffer = this.core.memory.buffer
    this.u16 = new Uint16Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.i64 = new BigInt64Array(buffer)
    this.buffer = NodeBuffer?.from(buffer)
    // Last: it tells whether all are there, which a full stack may prevent.
    this.u8 = new Uint8Array(buffer)
  }

  /** A u32 of STATE. */
  state(address: number): number {
    return this.u32[address >>> 2]!
  }

  setState(address: number, value: number): void {
    this.u32[address >>> 2] = value
  }

  /** Bytes that are all below 0x80, as a string. */
  ascii(start: number, end: number): string {
    if (this.buffer !== undefined) return this.buffer.latin1Slice(start, end)
    return decoder.decode(this.u8.subarray(start, end))
  }

  /** UTF-8 bytes as a string. */
  utf8(start: number, end: number): string {
    if (this.buffer !== undefined) return this.buffer.utf8Slice(start, end)
    return decoder.decode(this.u8.subarray(start, end))
  }

  /** Writes a string as UTF-8 between two addresses; returns its length in bytes. Lone surrogates become U+FFFD. */
  encode(text: string, start: number, end: number): number {
    if (this.buffer !== undefined) return this.buffer.utf8Write(text, start, end - start)
    return encoder.encodeInto(text, this.u8.subarray(start, end)).written
  }

  bytes(): number {
    return this.core.memory.buffer.byteLength
  }

  /** The bytes of pages ever used. Memory grows in larger steps, and untouched pages take no room. */
  usedBytes(): number {
    return this.state(S_PAGES_TOP) * PAGE_BYTES
  }
}

type Export = (a: number, b: number, c: number, d: number, e: number) => unknown

/**
 * Calls an export of any instance; arguments it does not have are ignored. If a call site only ever calls one function,
 * V8 inlines that function into compiled code, and discards this code when another instance comes or the first one
 * goes.
 */
export function invoke(called: Export, a: number, b = 0, c = 0, d = 0, e = 0): number {
  return called(a, b, c, d, e) as number
}

let primed = 0

/** Makes V8 see from the start that several functions are called, even if only one instance is used for a while. */
function primeInvoke(): void {
  while (primed < 400) invoke(primed++ % 2 === 0 ? () => 0 : () => 1, 0)
}

/** Throws the error for an export's status. */
export function checkMemory(status: number, what: string): void {
  if (status === STATUS_OK) return
  if (status === STATUS_OUT_OF_MEMORY) throw outOfMemory(what)
  throw new Error(`quiverdb core: unexpected status ${status} from ${what}`)
}

export function outOfMemory(what: string): LimitError {
  return new LimitError(
    `${what} does not fit in the partition's memory; spread the collection over several partitions ` +
      '(createCollection with shards) or delete documents',
    { details: { limit: 'memory' } },
  )
}
