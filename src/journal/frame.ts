// Frames of a log in linear memory, as the reader of a log needs them; docs/format.md, "Frame".

import { FRAME_BYTES, KIND_FRAME, type Store } from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'

/** A frame is closed at 512 KiB, and its last record may be 16 MiB. */
export const FRAME_BYTES_MAX = 18_874_368
const FRAME_WORD = (FRAME_BYTES >>> 3) | (KIND_FRAME << 24)
const FLAGS = 0x70000000

export interface FrameHead {
  /** Including its payload. */
  readonly bytes: number
  /** Position up to which the log was on stable storage when the frame was made. */
  readonly durable: number
  readonly sequence: number
}

function viewAt(store: Store, address: number): DataView {
  const head = store.memoryRange(address, FRAME_BYTES)
  return new DataView(head.buffer, head.byteOffset, FRAME_BYTES)
}

/** The header of the valid frame at an address. */
export function frameHead(store: Store, address: number): FrameHead {
  const view = viewAt(store, address)
  return {
    bytes: FRAME_BYTES + view.getUint32(4, true),
    durable: view.getUint32(8, true) * 8,
    sequence: view.getUint32(12, true),
  }
}

/** Whether these bytes look like a frame header; the checksum is not verified. */
export function isFrame(head: DataView): boolean {
  return (head.getUint32(0, true) & ~FLAGS) === FRAME_WORD
}

/** The length of an apparent frame at `address` that extends beyond the `bytes` available; 0 if there is none. */
export function longFrame(store: Store, address: number, bytes: number): number {
  if (bytes < FRAME_BYTES) return 0
  const view = viewAt(store, address)
  const whole = FRAME_BYTES + view.getUint32(4, true)
  return isFrame(view) && whole > bytes && whole <= FRAME_BYTES_MAX ? whole : 0
}

/** Tells the core that a group may have begun before the first frame it checks. */
export const EARLIER = 1

/** Where the valid frames in [from, end) of memory end. */
export function framesEnd(store: Store, from: number, end: number): number {
  for (let at = from; ; ) {
    const { stop, group } = store.checkFrames(at, end, 0, EARLIER)
    // It stops behind each group that has a transaction.
    if (group === 0) return stop
    at = stop
  }
}

/** Whether [from, end) of a log has anything but the zeros of preallocation. */
export function hasBytes(file: StorageFile, from: number, end: number): boolean {
  const piece = new Uint8Array(65_536)
  for (let at = from; at < end; at += piece.length) {
    const got = file.read(at, piece)
    for (let i = 0; i < got; i++) if (piece[i] !== 0) return true
  }
  return false
}
