// Reads an export as it arrives, holding one piece at a time. Passes on only what has a correct checksum.

import { crc32c } from '../catalog/stored.ts'
import { CorruptError, FormatVersionError } from '../error/index.ts'
import {
  ARCHIVE_VERSION,
  HEAD_BYTES,
  headBytes,
  PIECE_BYTES_MAX,
  PIECE_CHECKSUM_OFFSET,
  PIECE_HEAD_BYTES,
  type Piece,
  PieceKind,
} from './pieces.ts'

/**
 * The pieces before the end piece.
 *
 * @throws {@link CorruptError} for a file that is not an export, or is damaged, truncated or followed by more bytes;
 *   {@link FormatVersionError} when a later version wrote it.
 */
export async function* readPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, void, undefined> {
  const bytes = new Bytes(source[Symbol.asyncIterator]())
  try {
    let checksum = await readHead(bytes)
    for (;;) {
      const at = bytes.position
      const head = (await bytes.take(PIECE_HEAD_BYTES)).slice()
      const view = new DataView(head.buffer)
      const [kind, number, payloadBytes] = [0, 4, 8].map((offset) => view.getUint32(offset, true)) as [
        number,
        number,
        number,
      ]
      if (payloadBytes > PIECE_BYTES_MAX)
        throw damaged(at, `a piece claims ${payloadBytes} bytes, ${PIECE_BYTES_MAX} are the most`)
      const payload = await bytes.take(payloadBytes)
      checksum = crc32c(payload, crc32c(head.subarray(0, PIECE_CHECKSUM_OFFSET), checksum))
      if (checksum !== view.getUint32(PIECE_CHECKSUM_OFFSET, true))
        throw damaged(at, 'the checksum of a piece is wrong')
      if (kind === PieceKind.End) break
      if (kind !== PieceKind.Catalog && kind !== PieceKind.Log)
        throw damaged(at, `a piece has the unknown kind ${kind}`)
      yield { kind, number, payload }
    }
    if (!(await bytes.isAtEnd())) throw damaged(bytes.position, 'the file continues after its end mark')
  } finally {
    await bytes.close()
  }
}

async function readHead(bytes: Bytes): Promise<number> {
  const head = (await bytes.take(HEAD_BYTES)).slice()
  const view = new DataView(head.buffer)
  const given = head.subarray(0, HEAD_BYTES - 4)
  const version = view.getUint32(8, true)
  if (headBytes(version).some((byte, i) => byte !== given[i])) {
    throw new CorruptError('this file is not an export of quiverdb: it does not begin like one', {
      details: { offset: 0 },
    })
  }
  const checksum = crc32c(given)
  if (checksum !== view.getUint32(HEAD_BYTES - 4, true)) throw damaged(0, 'the checksum of its head is wrong')
  if (version !== ARCHIVE_VERSION) {
    throw new FormatVersionError(
      `this export has format version ${version}; this version of quiverdb reads version ${ARCHIVE_VERSION}`,
      { details: { version, supported: ARCHIVE_VERSION } },
    )
  }
  return checksum
}

function damaged(offset: number, what: string): CorruptError {
  return new CorruptError(`this export is damaged at byte ${offset}: ${what}; nothing of it was imported`, {
    details: { offset },
  })
}

/** Takes a given number of bytes from chunks of any size. */
class Bytes {
  position = 0
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #isEnded = false

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source
  }

  /** Borrowed if they are in one chunk. */
  async take(count: number): Promise<Uint8Array> {
    if (this.#chunk.length < count) await this.#gather(count)
    const taken = this.#chunk.subarray(0, count)
    this.#chunk = this.#chunk.subarray(count)
    this.position += count
    return taken
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#chunk.length === 0) if (!(await this.#next())) return true
    return false
  }

  async #gather(count: number): Promise<void> {
    const parts = [this.#chunk]
    let have = this.#chunk.length
    while (have < count) {
      if (!(await this.#next())) {
        const end = this.position + have
        if (end === 0)
          throw new CorruptError('this file is not an export of quiverdb: it is empty', { details: { offset: 0 } })
        throw damaged(end, 'the file ends here, before its end mark')
      }
      parts.push(this.#chunk)
      have += this.#chunk.length
    }
    const joined = new Uint8Array(have)
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    this.#chunk = joined
  }

  async #next(): Promise<boolean> {
    const { value, done } = await this.#source.next()
    this.#isEnded = done === true
    this.#chunk = done === true ? new Uint8Array(0) : value
    return !this.#isEnded
  }

  async close(): Promise<void> {
    if (!this.#isEnded) await this.#source.return?.()
  }
}
