// Files as docs/format.md tells them, read without the engine: a second reader, so that a change of the format cannot go unseen.

import { xxh64 } from '../core/reference-hash.ts'

export interface Block {
  readonly kind: 'record' | 'deletion' | 'shape' | 'frame' | 'transaction'
  readonly flags: number
  readonly offset: number
  /** Without the checksum of a frame, and its mark of what was durable. */
  readonly bytes: Uint8Array
}

export interface ParsedLog {
  readonly head: {
    readonly version: number
    readonly generation: number
    readonly settled: number
    readonly isComplete: boolean
  }
  readonly blocks: readonly Block[]
  /** What follows the last frame. */
  readonly rest: Uint8Array
}

const KINDS = [undefined, 'record', 'deletion', 'shape', 'frame', 'transaction'] as const
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function require(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}

export function parseLog(file: Uint8Array): ParsedLog {
  const view = viewOf(file)
  const [first, second] = [file.subarray(0, 64), file.subarray(64, 128)]
  require(text(first.subarray(0, 8)) === 'QUIVRLOG', 'magic')
  require(first.every((byte, i) => byte === second[i]), 'the copies of the head differ')
  require(view.getUint32(12, true) === 64, 'length of the head')
  require(first.subarray(36, 40).every((byte) => byte === 0), 'zeros of the head')
  require(xxh64(first.subarray(0, 56), 0n) === view.getBigUint64(56, true), 'checksum of the head')
  const seed = view.getBigUint64(16, true)
  const blocks: Block[] = []
  let at = 128
  let sequence = 0
  let isOpen = false
  while (at + 24 <= file.length) {
    const word = view.getUint32(at, true)
    if (word === 0) break
    require((word & 0x8fffffff) === (3 | (4 << 24)), `frame at ${at}`)
    const payload = view.getUint32(at + 4, true)
    require(payload > 0 && payload % 8 === 0, `payload at ${at}`)
    require(view.getUint32(at + 8, true) * 8 <= at, `durable mark at ${at}`)
    require(view.getUint32(at + 12, true) > sequence, `sequence at ${at}`)
    sequence = view.getUint32(at + 12, true)
    const whole = file.slice(at, at + 24 + payload)
    whole.fill(0, 16, 24)
    require(xxh64(whole, seed) === view.getBigUint64(at + 16, true), `checksum at ${at}`)
    const flags = (word >>> 28) & 7
    require(((flags & 4) !== 0) === isOpen, `flag of a later frame at ${at}`)
    isOpen = (flags & 1) !== 0
    whole.fill(0, 8, 12)
    blocks.push({ kind: 'frame', flags, offset: at, bytes: whole.subarray(0, 24) })
    for (let inside = at + 24; inside < at + 24 + payload; ) {
      const inner = view.getUint32(inside, true)
      const bytes = (inner & 0xffffff) * 8
      const kind = KINDS[(inner >>> 24) & 15]
      require(kind !== undefined && kind !== 'frame' && bytes >= 16 && inner >>> 31 === 0, `block at ${inside}`)
      blocks.push({
        kind: kind!,
        flags: (inner >>> 28) & 7,
        offset: inside,
        bytes: file.subarray(inside, inside + bytes),
      })
      inside += bytes
      require(inside <= at + 24 + payload, `end of the block at ${inside}`)
    }
    at += 24 + payload
  }
  require(!isOpen, 'the last group has no end')
  return {
    head: {
      version: view.getUint32(8, true),
      generation: view.getUint32(24, true),
      settled: view.getUint32(28, true),
      isComplete: view.getUint32(32, true) === 1,
    },
    blocks,
    rest: file.subarray(at),
  }
}

/** Names of a shape's entry. */
export function namesOf(shape: Block): { id: number; names: string[] } {
  const view = viewOf(shape.bytes)
  const names: string[] = []
  let at = 16
  for (let i = 0; i < view.getUint32(8, true); i++) {
    const bytes = view.getUint32(at, true)
    names.push(text(shape.bytes.subarray(at + 4, at + 4 + bytes)))
    at += 4 + ((bytes + 3) & ~3)
  }
  return { id: view.getUint32(4, true), names }
}

/** Slot of a record or a deletion. */
export function slotOf(block: Block): number {
  return viewOf(block.bytes).getUint32(4, true)
}

export interface ParsedSnapshot {
  readonly version: number
  readonly layout: number
  readonly logSeed: bigint
  readonly coveredBytes: number
  readonly pages: readonly number[]
  readonly blocks: readonly number[]
}

export function parseSnapshot(file: Uint8Array): ParsedSnapshot {
  const view = viewOf(file)
  require(text(file.subarray(0, 8)) === 'QUIVRSNP', 'magic')
  require(view.getUint32(12, true) === 64, 'length of the head')
  require(xxh64(file.subarray(0, 56), 0n) === view.getBigUint64(56, true), 'checksum of the head')
  const [blocksCount, pagesCount] = [view.getUint32(36, true), view.getUint32(44, true)]
  const listBytes = ((pagesCount + blocksCount) * 4 + 7) & ~7
  const from = 64 + 3_072
  require(file.length === from + listBytes + blocksCount * 4_096, 'length')
  const list = Array.from({ length: pagesCount + blocksCount }, (_, i) => view.getUint32(from + i * 4, true))
  const [pages, blocks] = [list.slice(0, pagesCount), list.slice(pagesCount)]
  let hash = xxh64(file.subarray(64, from), 0n)
  for (let at = from; at < from + listBytes; at += 4_096)
    hash = xxh64(file.subarray(at, Math.min(at + 4_096, from + listBytes)), hash)
  let at = from + listBytes
  for (let i = 0; i < blocks.length; ) {
    let count = 1
    while (count < 1_024 && blocks[i + count] === blocks[i]! + count) count++
    hash = xxh64(file.subarray(at, at + count * 4_096), hash)
    at += count * 4_096
    i += count
  }
  require(hash === view.getBigUint64(48, true), 'checksum of what follows the head')
  return {
    version: view.getUint32(8, true),
    layout: view.getUint32(16, true),
    logSeed: view.getBigUint64(24, true),
    coveredBytes: view.getUint32(32, true) * 8,
    pages,
    blocks,
  }
}
