// The single file that carries a database (docs/format.md, "Export"), little-endian:
//
// | magic "QVEXPORT" | version u32 | checksum u32 | piece | piece | ... | end piece |      piece: see PIECE_HEAD_BYTES
//
// Each checksum continues that of the previous piece, so that missing, repeated or reordered pieces are detected as
// well.

import { crc32c } from '../catalog/stored.ts'

export const ARCHIVE_VERSION = 1
export const HEAD_BYTES = 16
/** | 0 kind u32 | 4 number u32 | 8 payload bytes u32 | 12 checksum u32 of the 12 bytes before and the payload | */
export const PIECE_HEAD_BYTES = 16
export const PIECE_CHECKSUM_OFFSET = 12
/** A reader holds one piece at a time. Writers make the pieces of a log much smaller. */
export const PIECE_BYTES_MAX = 67_108_864

const MAGIC = 'QVEXPORT'

export const PieceKind = {
  /** The catalog, as its file. Comes first. */
  Catalog: 1,
  /**
   * Bytes of the log of this number, continuing the previous piece of it. Logs are numbered in the order of the
   * catalog.
   */
  Log: 2,
  /** The last piece, without payload. */
  End: 3,
} as const
export type PieceKind = (typeof PieceKind)[keyof typeof PieceKind]

export interface Piece {
  readonly kind: PieceKind
  readonly number: number
  readonly payload: Uint8Array
}

/** Bytes 0 to 11 of the file. */
export function headBytes(version: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES - 4)
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i)
  new DataView(bytes.buffer).setUint32(MAGIC.length, version, true)
  return bytes
}

/** Makes the pieces, one after the other. */
export class ArchiveWriter {
  #checksum = 0

  head(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(HEAD_BYTES)
    const head = headBytes(ARCHIVE_VERSION)
    bytes.set(head)
    this.#checksum = crc32c(head)
    new DataView(bytes.buffer).setUint32(head.length, this.#checksum, true)
    return bytes
  }

  piece(kind: PieceKind, number: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(PIECE_HEAD_BYTES + payload.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, kind, true)
    view.setUint32(4, number, true)
    view.setUint32(8, payload.length, true)
    bytes.set(payload, PIECE_HEAD_BYTES)
    this.#checksum = crc32c(payload, crc32c(bytes.subarray(0, PIECE_CHECKSUM_OFFSET), this.#checksum))
    view.setUint32(PIECE_CHECKSUM_OFFSET, this.#checksum, true)
    return bytes
  }
}
