// Finds, compiles and instantiates the WASM core. The binary is inlined, so that no bundler or runtime needs configuring;
// it is compiled once for each process and instantiated once for each partition.

import { instantiate, instantiateSync } from '@assemblyscript/loader'
import { HostError } from '../error/index.ts'
import { BINARY_BASE64, IS_DEFLATED } from './binary.ts'

/** The export table of assembly/index.ts. Addresses come back signed: `>>> 0` before use. */
export interface CoreExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  filter_cells(program: number, path: number, count: number): void
  filter_count(program: number, slot: number, work: number): number
  filter_load(program: number, bytes: number): number
  filter_mark(program: number, slot: number, bitmap: number, slots: number, work: number): number
  filter_match(program: number, record: number): number
  filter_release(program: number): void
  filter_reserve(bytes: number): number
  filter_scan(program: number, slot: number, count: number, work: number): number
  flat_begin(field: number, queries: number, capacity: number): number
  flat_count(search: number, index: number): number
  flat_finish(search: number, index: number): number
  flat_holds(search: number, index: number): number
  flat_lanes(search: number, index: number): number
  flat_mark(slots: number): number
  flat_ready(search: number): void
  flat_release(search: number): void
  flat_scan(search: number, slot: number, slotsMax: number): number
  flat_unmark(bitmap: number, slots: number): void
  hash_xxh64(address: number, bytes: number, seed: bigint): bigint
  hnsw_create(field: number, m: number, ef: number): number
  hnsw_dirty(field: number): number
  hnsw_exists(field: number): number
  hnsw_linked(field: number): number
  hnsw_maintain(field: number, count: number): number
  hnsw_search(
    search: number,
    field: number,
    query: number,
    ef: number,
    rescored: number,
    wanted: number,
    budget: number,
  ): number
  hnsw_stale(field: number): number
  kernel_cosine(a: number, b: number, lanes: number): number
  kernel_dot(a: number, b: number, lanes: number, isDouble: number): number
  kernel_dot_codes(a: number, b: number, bytes: number): number
  kernel_hamming(a: number, b: number, bytes: number): number
  kernel_jaccard(a: number, b: number, bytes: number): number
  kernel_l2(a: number, b: number, lanes: number, isDouble: number): number
  inverted_bitmap_bytes(): number
  inverted_create(id: number, kind: number): number
  inverted_drop(handle: number): void
  inverted_fields(handle: number, given: number, count: number, bytes: number): number
  inverted_find(id: number, kind: number): number
  inverted_id(handle: number): number
  inverted_marked(handle: number, count: number): number
  inverted_match(handle: number, terms: number, count: number, least: number): number
  inverted_put_sparse(handle: number, vectors: number, count: number): number
  inverted_put_text(handle: number, heads: number, count: number, text: number): number
  inverted_remove(handle: number, slot: number): void
  inverted_search(
    handle: number,
    query: number,
    count: number,
    limit: number,
    filter: number,
    constant: number,
    slope: number,
  ): number
  inverted_stage(bytes: number): number
  inverted_stats(handle: number): void
  inverted_terms(handle: number, count: number, text: number): number
  ordered_build(number: number, slots: number): number
  ordered_clear(number: number): void
  ordered_create(number: number, id: number, flags: number, fields: number, steps: number, bytes: number): number
  ordered_define(number: number, steps: number): void
  ordered_double(number: number, ordinal: number): number
  ordered_down(number: number, end: number, low: number, count: number): number
  ordered_drop(number: number): void
  ordered_group(number: number, ordinal: number): number
  ordered_probe(bytes: number): number
  ordered_rank(number: number, isAfter: number, rank: number, slot: number, isHead: number): number
  ordered_read(number: number, ordinal: number, count: number, isBackward: number): number
  ordered_ready(number: number): void
  record_equals(a: number, b: number): number
  record_shape(id: number, fields: number): number
  store_batch_abandon(): void
  store_batch_begin(): void
  store_batch_commit(): void
  store_batch_put(count: number, isAscii: number): number
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
  store_gather_begin(transactionBytes: number): number
  store_gather_end(): void
  store_gather_frame(offsetUnits: number, transactionBytes: number, sequence: number, durableUnits: number): number
  store_log_attach(run: number, reserved: number, bytes: number): void
  store_log_check(from: number, end: number, sequence: number, open: number): void
  store_log_finish(): void
  store_log_index(from: number, slotsMax: number, isSalvaged: number): number
  store_log_release(run: number, reserved: number): void
  store_log_reserve(bytes: number, isWindow: number): number
  store_log_resync(from: number, end: number): number
  store_log_walk(from: number, end: number, units: number, flags: number, bytesMax: number): number
  store_restore_begin(pagesTop: number, pagesLimit: number): number
  store_restore_end(pagesTop: number, pagesLimit: number): number
  store_scan(slot: number, count: number): number
  store_stage(words: number, wides: number, lengths: number, text: number, bytes: number): number
  store_uuid(from: number): void
  vector_count(field: number): number
  vector_declare(nameBytes: number, dimension: number, metric: number, element: number, code: number): number
  vector_follow(from: number, slotsMax: number): number
}

const isNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined

let binary: Uint8Array | undefined
let compiled: Promise<WebAssembly.Module> | undefined

/** Uses another build of the core (the one with asserts, in tests) for partitions opened from now on. */
export function setBinary(bytes: Uint8Array): void {
  binary = bytes
  compiled = undefined
}

async function inlinedBinary(): Promise<BufferSource> {
  const text = atob(BINARY_BASE64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return IS_DEFLATED ? await inflate(bytes) : bytes
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

async function compile(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile((binary as BufferSource | undefined) ?? (await inlinedBinary()))
  } catch (cause) {
    throw new HostError(
      'this platform did not compile the WebAssembly core: it needs WebAssembly with SIMD, and under a content security policy ' +
        `"script-src 'wasm-unsafe-eval'" (${String((cause as Error)?.message ?? cause)})`,
      { cause, details: { operation: 'compile' } },
    )
  }
}

/** A fresh instance with its own linear memory. */
export async function instantiateCore(): Promise<CoreExports> {
  compiled ??= compile()
  compiled.catch(() => {
    compiled = undefined
  })
  const module = await compiled
  // The asynchronous form looks whether it was given a Response, and in Node the first look at that costs 20 ms. Some browsers
  // do not let a page's main thread instantiate at once.
  const { instance } = isNode ? instantiateSync(module) : await instantiate(module)
  // The loader's own export object wraps each function; the instance's are called directly.
  return instance.exports as unknown as CoreExports
}
