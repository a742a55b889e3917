// Finds, compiles and instantiates the WASM core. The binary is inlined, so that no bundler or runtime needs
// configuring; it is compiled once per process and instantiated once per partition. derived/ and filter/ do the same
// with their own modules.

import { instantiate, instantiateSync } from '@assemblyscript/loader'
import { HostError } from '../error/index.ts'
import { BINARY_BASE64, IS_DEFLATED, MODULE } from './binary.ts'

/** The export table of assembly/index.ts. Addresses come back signed: `>>> 0` before use. */
export interface CoreExports {
  /** Receives the hooks of derived/: HOOK_*. */
  readonly table: { readonly length: number; grow(count: number): number; set(index: number, hook: unknown): void }
  // Not the WebAssembly types: these appear in the published types, and Node's have no such namespace.
  readonly memory: { readonly buffer: ArrayBuffer }
  hash_xxh64(address: number, bytes: number, seed: bigint): bigint
  record_shape(id: number, fields: number): number
  record_surrogates(address: number, bytes: number): number
  store_batch_abandon(): void
  store_batch_commit(isLogged: number): void
  store_batch_put(count: number): number
  store_put_one(isAlone: number): number
  store_batch_refuse(id: number): void
  store_batch_remove(type: number, bytes: number): number
  store_compact_abandon(): void
  store_compact_begin(): number
  store_compact_finish(tailUnits: number, delta: number): void
  store_compact_frame(offsetUnits: number, sequence: number, durableUnits: number, payloadMax: number): number
  store_compact_reseal(from: number, end: number, sequence: number, durableUnits: number): number
  store_create(pagesLimit: number, seed0: bigint, seed1: bigint, primaryBytes: number): number
  store_find(type: number, bytes: number): number
  store_find_many(count: number, isAscii: number): void
  store_identified(slot: number, low: number, high: number): number
  store_identify(count: number): void
  store_gather(transactionBytes: number, offsetUnits: number, sequence: number, durableUnits: number): number
  store_gather_begin(transactionBytes: number): number
  store_gather_frame(offsetUnits: number, transactionBytes: number, sequence: number, durableUnits: number): number
  store_log_attach(run: number, reserved: number, bytes: number): void
  store_log_check(from: number, end: number, sequence: number, open: number): void
  store_log_finish(): void
  store_log_index(from: number, slotsMax: number): number
  store_log_promise(bytes: number): number
  store_log_reach(end: number): number
  store_log_release(run: number, reserved: number): void
  store_log_reserve(bytes: number, isWindow: number): number
  store_log_resync(from: number, end: number): number
  store_log_walk(from: number, end: number, units: number, flags: number, bytesMax: number): number
  store_pass(from: number, end: number, units: number, delta: number, flags: number, bytesMax: number): number
  store_pass_candidate(type: number, bytes: number, skip: number): number
  store_pass_expect(): number
  store_pass_free(count: number): void
  store_pass_index(from: number, slotsMax: number): number
  store_pass_matches(type: number, bytes: number, record: number): number
  store_pass_seek(type: number, bytes: number, slot: number): number
  store_restore_begin(pagesTop: number, pagesWanted: number, pagesLimit: number): number
  store_restore_end(pagesTop: number, pagesLimit: number): number
  store_scan(slot: number, count: number): number
  store_stage(words: number, wides: number, lengths: number, text: number, bytes: number): number
  store_uuid(from: number, text: number, bytes: number): void
}

const isNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined

/** An action that runs once, however many callers ask for it; a failed attempt is repeated. */
export class Once {
  private done: Promise<void> | undefined
  private readonly attempt: () => Promise<void>

  constructor(attempt: () => Promise<void>) {
    this.attempt = attempt
  }

  run(): Promise<void> {
    this.done ??= this.attempt().catch((error: unknown) => {
      this.done = undefined
      throw error
    })
    return this.done
  }
}

type ModuleName = 'core' | 'derived' | 'filter'

/** Builds that replace the inlined ones. */
let given: Readonly<Record<ModuleName, Uint8Array>> | undefined

/** A module inlined in the package, compiled once per process unless it is supplied compiled. */
export class InlinedModule {
  private readonly name: ModuleName
  private readonly base64: string
  private readonly isDeflated: boolean
  /** The build that was compiled in place of the inlined one. */
  private other: Uint8Array | undefined
  private compiled: Promise<object> | undefined

  constructor(name: ModuleName, base64: string, isDeflated: boolean, module: WebAssembly.Module | undefined) {
    this.name = name
    this.base64 = base64
    this.isDeflated = isDeflated
    if (module !== undefined) this.compiled = Promise.resolve(module)
  }

  async instantiate(memory?: object): Promise<object> {
    if (given !== undefined && this.other !== given[this.name]) {
      this.other = given[this.name]
      this.compiled = compile(this.other as BufferSource)
    }
    this.compiled ??= inflated(this.base64, this.isDeflated).then(compile)
    this.compiled.catch(() => {
      this.compiled = undefined
    })
    const module = (await this.compiled) as WebAssembly.Module
    const imports = memory === undefined ? {} : { env: { memory: memory as WebAssembly.Memory } }
    // The asynchronous form checks for a Response, and in Node the first such check costs 20 ms. Some browsers do not
    // let a page's main thread instantiate synchronously.
    try {
      const { instance } = isNode ? instantiateSync(module, imports) : await instantiate(module, imports)
      // The loader's export object wraps each function; the instance's own functions are called directly.
      return instance.exports
    } catch (cause) {
      throw cause instanceof RangeError ? noAddresses(cause) : cause
    }
  }
}

async function inflated(base64: string, isDeflated: boolean): Promise<BufferSource> {
  // A native decoder makes the first opening 3 ms faster.
  const { Buffer: native } = globalThis as {
    Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> }
  }
  const bytes = native?.from(base64, 'base64') ?? Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))
  return isDeflated ? await inflate(bytes) : bytes
}

async function inflate(deflated: Uint8Array<ArrayBuffer>): Promise<BufferSource> {
  const stream = new DecompressionStream('deflate')
  const writer = stream.writable.getWriter()
  const written = Promise.all([writer.write(deflated), writer.close()])
  const chunks: Uint8Array[] = []
  let bytesCount = 0
  const reader = stream.readable.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value)
    bytesCount += part.value.length
  }
  await written
  const bytes = new Uint8Array(bytesCount)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    throw new HostError(
      'the WebAssembly core did not compile: it needs SIMD, and under a content security policy ' +
        `"script-src 'wasm-unsafe-eval'" (${String((cause as Error)?.message ?? cause)})`,
      { cause, details: { operation: 'compile' } },
    )
  }
}

/** A WebAssembly memory reserves 10 GB of addresses from the start, so that accesses need no checks. */
function noAddresses(cause: RangeError): HostError {
  const message =
    'no memory for WebAssembly: each partition reserves 10 GB of addresses; raise "ulimit -v", or start Node with ' +
    `--disable-wasm-trap-handler (${cause.message})`
  return new HostError(message, { cause, details: { operation: 'allocate' } })
}

const inlined = new InlinedModule('core', BINARY_BASE64, IS_DEFLATED, MODULE)

/** Uses other builds of the modules (in tests, those with asserts) for partitions opened from now on. */
export function setBinary(core: Uint8Array, derived: Uint8Array, filter: Uint8Array): void {
  given = { core, derived, filter }
}

/** A fresh instance with its own linear memory. */
export async function instantiateCore(): Promise<CoreExports> {
  return (await inlined.instantiate()) as unknown as CoreExports
}

let last: Promise<unknown> = Promise.resolve()

/**
 * Imports a part of the package, in Node one after another: modules with shared dependencies cannot be linked side by
 * side in the contexts of a test runner (Jest: "request for './core.js' is not in cache"). In a page they are fetched
 * together.
 */
export function inTurn<M>(load: () => Promise<M>): Promise<M> {
  if (!isNode) return load()
  const loaded = last.then(load, load)
  last = loaded
  return loaded
}
