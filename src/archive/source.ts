// The forms in which an export is returned and accepted.

import { TypeMismatchError } from '../error/index.ts'

/**
 * An export: a `Blob` or `File`, its bytes, or a stream of them (of the web, of Node, or any iterable of `Uint8Array`).
 */
export type ArchiveSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>

/** Part size of Blobs: a browser may keep parts of this size on disk. */
const BLOB_PART_BYTES = 8_388_608

/**
 * The bytes of an export, piece by piece.
 *
 * @throws {@link TypeMismatchError} for anything else.
 */
export function chunksOf(source: ArchiveSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (isOf(source, 'ArrayBuffer')) return one(new Uint8Array(source as ArrayBuffer))
  if (ArrayBuffer.isView(source)) return one(new Uint8Array(source.buffer, source.byteOffset, source.byteLength))
  if (isOf(source, 'Blob') || isOf(source, 'File')) return slicesOf(source as Blob)
  if (hasMethod(source, Symbol.asyncIterator)) return all(source as AsyncIterable<unknown>)
  // Not every browser can iterate over its streams.
  if (hasMethod(source, 'getReader')) return readAll((source as ReadableStream<unknown>).getReader())
  const got = typeof source === 'string' ? 'a string; in Node, createReadStream(path) reads a file' : typeof source
  throw new TypeMismatchError(`open.import takes an export as a Blob, its bytes, or a stream of them, got ${got}`)
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

async function* slicesOf(blob: Blob): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < blob.size; at += BLOB_PART_BYTES) {
    yield new Uint8Array(await blob.slice(at, at + BLOB_PART_BYTES).arrayBuffer())
  }
}

async function* all(chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield requireBytes(chunk)
}

async function* readAll(reader: ReadableStreamDefaultReader<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  let isDone = false
  try {
    for (;;) {
      const { value, done } = await reader.read()
      isDone = done
      if (done) return
      yield requireBytes(value)
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => {})
  }
}

function requireBytes(chunk: unknown): Uint8Array {
  if (isOf(chunk, 'Uint8Array')) return chunk as Uint8Array
  throw new TypeMismatchError(`a stream of an export gives Uint8Arrays, this one gave ${typeof chunk}`)
}

/** By name, since a test runner or a frame may have created it in another realm. */
function isOf(value: unknown, name: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${name}]`
}

function hasMethod(value: unknown, name: string | symbol): boolean {
  return typeof (value as Record<string | symbol, unknown> | null | undefined)?.[name] === 'function'
}

/** The chunks as one Blob. */
export async function blobOf(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const blobs: Blob[] = []
  let parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    parts.push(chunk as Uint8Array<ArrayBuffer>)
    bytes += chunk.length
    if (bytes < BLOB_PART_BYTES) continue
    blobs.push(new Blob(parts))
    parts = []
    bytes = 0
  }
  return new Blob([...blobs, ...parts], { type: 'application/octet-stream' })
}

/** The chunks as one array. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await (await blobOf(chunks)).arrayBuffer())
}

/** The chunks as a stream that produces them as it is read. */
export function streamOf(chunks: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}
