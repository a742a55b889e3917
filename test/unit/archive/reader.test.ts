// Promise: what is read of an export is what was written of it; a file that says something else is given up at once, and its source is told.

import { expect, it } from 'vitest'
import { ArchiveWriter, bytesOf, chunksOf, PieceKind, readPieces } from '../../../src/archive/index.ts'
import { CorruptError, TypeMismatchError } from '../../../src/error/index.ts'

const payload = new Uint8Array([1, 2, 3])

/** A source of these chunks that says what became of it. */
class Source implements AsyncIterable<Uint8Array> {
  taken = 0
  isEnded = false
  readonly #chunks: readonly Uint8Array[]

  constructor(...chunks: readonly Uint8Array[]) {
    this.#chunks = chunks
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of this.#chunks) {
        this.taken++
        yield chunk
      }
    } finally {
      this.isEnded = true
    }
  }
}

async function read(source: Source): Promise<unknown[]> {
  const pieces: unknown[] = []
  for await (const { kind, number, payload } of readPieces(source)) pieces.push([kind, number, ...payload])
  return pieces
}

it('comes in chunks of any size, also empty ones', async () => {
  const writer = new ArchiveWriter()
  const { Catalog, Log, End } = PieceKind
  const file = [
    writer.head(),
    writer.piece(Catalog, 0, payload),
    writer.piece(Log, 7, payload),
    writer.piece(End, 0, new Uint8Array()),
  ]
  const bytes = new Uint8Array(file.flatMap((piece) => [...piece]))
  for (const size of [1, 5, 16, 19, 1_000]) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size), new Uint8Array())
    const source = new Source(...chunks)
    expect(await read(source)).toEqual([
      [Catalog, 0, 1, 2, 3],
      [Log, 7, 1, 2, 3],
    ])
    expect(source.isEnded).toBe(true)
    await expect(read(new Source(...chunks, new Uint8Array(1)))).rejects.toThrow('continues after its end mark')
  }
})

it('is given up where it makes no sense, before more of it is read', async () => {
  const huge = new Uint8Array(16)
  new DataView(huge.buffer).setUint32(0, PieceKind.Log, true)
  new DataView(huge.buffer).setUint32(8, 67_108_865, true)
  const first = new ArchiveWriter()
  const unknown = new ArchiveWriter()
  for (const [chunks, reason, taken, offset] of [
    [[first.head(), huge], 'a piece claims 67108865 bytes', 2, 16],
    [
      [unknown.head(), unknown.piece(2, 0, payload), unknown.piece(9 as PieceKind, 0, payload)],
      'unknown kind 9',
      3,
      35,
    ],
    [[new Uint8Array(16)], 'does not begin like one', 1, 0],
  ] as const) {
    const source = new Source(...chunks, ...Array.from({ length: 5 }, () => new Uint8Array(100)))
    const reading = read(source)
    await expect(reading).rejects.toThrow(CorruptError)
    await expect(reading).rejects.toThrow(reason)
    await expect(reading).rejects.toMatchObject({ details: { offset } })
    expect(source).toMatchObject({ taken, isEnded: true })
  }
})

// Not every browser can iterate over its streams.
it('cancels a stream that it does not read to the end, and no other', async () => {
  for (const isRead of [true, false]) {
    const left = [payload, payload]
    let cancelled = 0
    const getReader = () => ({
      read: async () => (left.length === 0 ? { done: true } : { done: false, value: left.pop() }),
      cancel: async () => {
        cancelled++
        throw new Error('it was gone already')
      },
    })
    let bytes = 0
    for await (const chunk of chunksOf({ getReader } as unknown as ReadableStream<Uint8Array>)) {
      bytes += chunk.length
      if (!isRead) break
    }
    expect([bytes, cancelled]).toEqual(isRead ? [6, 0] : [3, 1])
  }
})

it('is refused as a stream of strings, whichever kind of stream', async () => {
  const strings = new Source('abc' as unknown as Uint8Array)
  const reader = { read: async () => ({ done: false, value: 'abc' }), cancel: async () => {} }
  for (const stream of [strings, { getReader: () => reader } as unknown as ReadableStream<Uint8Array>]) {
    await expect(chunksOf(stream).next()).rejects.toThrow(TypeMismatchError)
  }
})

it('is joined of as many chunks as there are, each once', async () => {
  const chunks = Array.from({ length: 5 }, (_, i) => new Uint8Array(3_000_000).fill(i + 1))
  const bytes = await bytesOf(new Source(...chunks))
  expect(bytes.length).toBe(15_000_000)
  for (const [i, chunk] of chunks.entries())
    expect([bytes[i * 3_000_000], bytes[(i + 1) * 3_000_000 - 1]]).toEqual([chunk[0], chunk[0]])
})
