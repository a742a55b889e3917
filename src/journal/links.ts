// The last part of a snapshot: the links of graphs, packed into pieces by the core (assembly/hnsw/pack.ts), with a
// checksum.

import { KEY_BUFFER, KEY_BUFFER_BYTES, type Store } from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'

/** Pieces are written and read together, up to this many bytes. */
const WINDOW_BYTES = 131_072
const HASH_BYTES = 8
const PIECE_BYTES_MIN = 8

/** Writes the links at `position`; `seed` is the checksum of everything before them. */
export function writeLinks(file: StorageFile, position: number, store: Store, seed: bigint): void {
  const window = new Uint8Array(WINDOW_BYTES)
  let at = position
  let held = 0
  let hash = seed
  const put = (bytes: Uint8Array) => {
    if (held + bytes.length > WINDOW_BYTES) {
      file.write(at, window.subarray(0, held))
      at += held
      held = 0
    }
    window.set(bytes, held)
    held += bytes.length
  }
  for (const piece of store.graphs.packed()) {
    hash = store.hashMemory(KEY_BUFFER, piece.length, hash)
    put(piece)
  }
  put(new Uint8Array(BigUint64Array.of(hash).buffer))
  file.write(at, window.subarray(0, held))
}

/**
 * Reads links into graphs that were restored without them, to be unpacked on demand. Returns false if they are not what
 * was written.
 */
export function readLinks(file: StorageFile, position: number, store: Store, seed: bigint): boolean {
  const bytes = file.size() - position - HASH_BYTES
  if (bytes < 0) return false
  const room = store.graphs.room(bytes)
  if (room === 0) return unpackLinks(file, position, store, seed)
  file.read(position, store.memoryRange(room, bytes))
  let hash = seed
  const isWhole = store.graphs.hold(room, bytes, (address, length) => {
    hash = store.hashMemory(address, length, hash)
  })
  const found = new BigUint64Array(1)
  file.read(position + bytes, new Uint8Array(found.buffer))
  return isWhole && found[0] === hash
}

/** The same, but unpacks at once, for when memory has no room for the packed links. */
function unpackLinks(file: StorageFile, position: number, store: Store, seed: bigint): boolean {
  const window = new Uint8Array(WINDOW_BYTES)
  const view = new DataView(window.buffer)
  const size = file.size()
  let at = position
  let held = 0
  let used = 0
  let hash = seed
  /** The position of the next `bytes` in the window. */
  const reach = (bytes: number): number => {
    if (used + bytes > held) {
      window.copyWithin(0, used, held)
      const rest = held - used
      const got = Math.min(WINDOW_BYTES - rest, size - at)
      file.read(at, window.subarray(rest, rest + got))
      at += got
      held = rest + got
      used = 0
    }
    if (used + bytes > held) throw new RangeError('the snapshot ends within its links')
    return used
  }
  store.graphs.unpack((room) => {
    const bytes = view.getUint32(reach(4), true)
    if (bytes < PIECE_BYTES_MIN || bytes > KEY_BUFFER_BYTES)
      throw new RangeError('a piece of links has an impossible length')
    const from = reach(bytes)
    room.set(window.subarray(from, from + bytes))
    used += bytes
    hash = store.hashMemory(KEY_BUFFER, bytes, hash)
  })
  const isWhole = view.getBigUint64(reach(HASH_BYTES), true) === hash
  return isWhole && at === size && used + HASH_BYTES === held
}
