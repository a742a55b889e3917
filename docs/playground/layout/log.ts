// A log file, read as docs/format.md tells it: which bytes are live documents, which were replaced, and which hold it all together.

export type PieceKind = 'head' | 'frame' | 'live' | 'replaced' | 'deletion' | 'shape' | 'transaction' | 'free'

/** A run of bytes of one kind. */
export interface Piece {
  readonly kind: PieceKind
  readonly offset: number
  readonly bytes: number
  /** Of a record or a deletion. */
  readonly slot?: number
}

export interface Log {
  readonly version: number
  readonly generation: number
  readonly pieces: readonly Piece[]
  /** Field names by the id of their shape. */
  readonly shapes: ReadonlyMap<number, readonly string[]>
  readonly bytes: Uint8Array
}

const HEADS_BYTES = 128
const FRAME_BYTES = 24
const KINDS = [undefined, 'record', 'deletion', 'shape', 'frame', 'transaction'] as const
const LENGTH_MASK = 0xffffff

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads up to the first bytes that are no frame; checksums are the engine's business. */
export function readLog(bytes: Uint8Array): Log {
  const view = viewOf(bytes)
  const pieces: Piece[] = [{ kind: 'head', offset: 0, bytes: HEADS_BYTES }]
  const shapes = new Map<number, readonly string[]>()
  const last = new Map<number, number>()
  let at = HEADS_BYTES
  while (at + FRAME_BYTES <= bytes.length && ((view.getUint32(at, true) >>> 24) & 15) === 4) {
    const end = at + FRAME_BYTES + view.getUint32(at + 4, true)
    if (end > bytes.length) break
    pieces.push({ kind: 'frame', offset: at, bytes: FRAME_BYTES })
    for (at += FRAME_BYTES; at < end; ) {
      const word = view.getUint32(at, true)
      const length = (word & LENGTH_MASK) * 8
      const kind = KINDS[(word >>> 24) & 15]
      if (length === 0 || kind === undefined || kind === 'frame') break
      if (kind === 'record' || kind === 'deletion') {
        const slot = view.getUint32(at + 4, true)
        const before = last.get(slot)
        if (before !== undefined) pieces[before] = { ...pieces[before]!, kind: 'replaced' }
        if (kind === 'record') last.set(slot, pieces.length)
        else last.delete(slot)
        pieces.push({ kind: kind === 'record' ? 'live' : 'deletion', offset: at, bytes: length, slot })
      } else {
        if (kind === 'shape') readShape(bytes.subarray(at, at + length), shapes)
        pieces.push({ kind, offset: at, bytes: length })
      }
      at += length
    }
    at = end
  }
  if (at < bytes.length) pieces.push({ kind: 'free', offset: at, bytes: bytes.length - at })
  const [version, generation] = [view.getUint32(8, true), view.getUint32(24, true)]
  return { version, generation, pieces, shapes, bytes }
}

function readShape(shape: Uint8Array, shapes: Map<number, readonly string[]>): void {
  const view = viewOf(shape)
  const names: string[] = []
  let at = 16
  for (let left = view.getUint32(8, true); left > 0; left--) {
    const length = view.getUint32(at, true)
    names.push(new TextDecoder().decode(shape.slice(at + 4, at + 4 + length)))
    at += 4 + ((length + 3) & ~3)
  }
  shapes.set(view.getUint32(4, true), names)
}
