// Bytes of one simulated file: what is on the medium, what a reader sees, and the changes that lie between.

import type { SeededRandom } from './simulated-storage-random.ts'

const PAGE_BYTES = 4096
const SECTOR_BYTES = 512

/** Bytes in pages. Pages that were never written are zero and cost nothing; clones share pages until one writes. */
export class PagedBytes {
  bytesCount = 0
  #pages = new Map<number, Uint8Array>()
  #owned = new Set<number>()

  static from(bytes: Uint8Array): PagedBytes {
    const paged = new PagedBytes()
    paged.write(0, bytes)
    return paged
  }

  clone(): PagedBytes {
    const other = new PagedBytes()
    other.bytesCount = this.bytesCount
    other.#pages = new Map(this.#pages)
    this.#owned = new Set()
    return other
  }

  read(position: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.bytesCount - position))
    for (let done = 0; done < count; ) {
      const offset = (position + done) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - offset, count - done)
      const page = this.#pages.get(Math.floor((position + done) / PAGE_BYTES))
      if (page === undefined) target.fill(0, done, done + length)
      else target.set(page.subarray(offset, offset + length), done)
      done += length
    }
    return count
  }

  write(position: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const offset = (position + done) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - offset, bytes.length - done)
      this.#ownPage(Math.floor((position + done) / PAGE_BYTES)).set(bytes.subarray(done, done + length), offset)
      done += length
    }
    if (bytes.length > 0) this.bytesCount = Math.max(this.bytesCount, position + bytes.length)
  }

  resize(bytesCount: number): void {
    if (bytesCount < this.bytesCount) {
      // What is cut off must read as zero when the file grows again.
      const lastPage = Math.ceil(bytesCount / PAGE_BYTES)
      for (const index of this.#pages.keys()) if (index >= lastPage) this.#pages.delete(index)
      const tail = bytesCount % PAGE_BYTES
      if (tail > 0 && this.#pages.has(lastPage - 1)) this.#ownPage(lastPage - 1).fill(0, tail)
    }
    this.bytesCount = bytesCount
  }

  take(): Uint8Array {
    const bytes = new Uint8Array(this.bytesCount)
    this.read(0, bytes)
    return bytes
  }

  #ownPage(index: number): Uint8Array {
    const page = this.#pages.get(index)
    if (page !== undefined && this.#owned.has(index)) return page
    const own = page?.slice() ?? new Uint8Array(PAGE_BYTES)
    this.#pages.set(index, own)
    this.#owned.add(index)
    return own
  }
}

/** A change that has been handed to the operating system. `number` counts up over the whole medium. */
type Change =
  | { readonly number: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly number: number; readonly size: number }

/** How a crash treats what was not flushed; see SimulatedMedium.crash. */
export type CrashMode = 'nothing' | 'all' | 'random'

export class SimulatedContent {
  /** What a crash cannot take. */
  #durable: PagedBytes
  /** What a reader sees. */
  #current: PagedBytes
  /** In the order they were made. Not `#current` minus `#durable`: a failed flush takes changes out that stay visible. */
  #pending: Change[] = []
  handlesCount = 0

  constructor(bytes = new PagedBytes()) {
    this.#durable = bytes
    this.#current = bytes.clone()
  }

  get bytesCount(): number {
    return this.#current.bytesCount
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  read(position: number, target: Uint8Array): number {
    return this.#current.read(position, target)
  }

  take(): Uint8Array {
    return this.#current.take()
  }

  write(number: number, position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#current.write(position, bytes)
    this.#pending.push({ number, position, bytes: bytes.slice() })
  }

  truncate(number: number, size: number): void {
    this.#current.resize(size)
    this.#pending.push({ number, size })
  }

  /** A flush that succeeded: the changes up to `number` are on the medium. */
  settle(number: number): void {
    for (const change of this.#takePending(number)) apply(this.#durable, change)
  }

  /**
   * A flush that failed, as on Linux: of the changes up to `number` some reached the medium, the others never will. Their
   * pages are marked clean, so no later flush writes them, though readers see them until the machine stops.
   */
  lose(number: number, random: SeededRandom): void {
    const keptShare = random.pick([0, 0.5, 1])
    for (const change of this.#takePending(number)) applyPerhaps(this.#durable, change, keptShare, random)
  }

  survivor(mode: CrashMode, random: SeededRandom): PagedBytes {
    if (mode === 'all') return this.#current.clone()
    const bytes = this.#durable.clone()
    if (mode === 'random') {
      const keptShare = random.pick([0, 0.1, 0.5, 0.9, 1])
      for (const change of this.#pending) applyPerhaps(bytes, change, keptShare, random)
    }
    return bytes
  }

  clone(): SimulatedContent {
    const other = new SimulatedContent(this.#durable.clone())
    other.#current = this.#current.clone()
    other.#pending = [...this.#pending]
    return other
  }

  /** Changes the medium itself, as damage does. */
  damage(position: number, bytes: Uint8Array): void {
    this.#current.write(position, bytes)
    this.#durable.write(position, bytes)
  }

  #takePending(number: number): Change[] {
    const end = this.#pending.findIndex((change) => change.number > number)
    return this.#pending.splice(0, end < 0 ? this.#pending.length : end)
  }
}

function apply(bytes: PagedBytes, change: Change): void {
  if ('size' in change) bytes.resize(change.size)
  else bytes.write(change.position, change.bytes)
}

function applyPerhaps(bytes: PagedBytes, change: Change, keptShare: number, random: SeededRandom): void {
  if (random.chance(keptShare)) {
    apply(bytes, change)
    return
  }
  if ('size' in change) return
  const end = change.position + change.bytes.length
  const fate = random.pick(['dropped', 'grown', 'cut', 'sectors'])
  if (fate === 'cut') bytes.write(change.position, change.bytes.subarray(0, random.below(change.bytes.length)))
  if (fate === 'sectors') writeSectors(bytes, change.position, change.bytes, random)
  // The new length is metadata and may arrive before the data, which then reads as zero.
  if (fate !== 'dropped' && random.chance(0.5)) bytes.resize(Math.max(bytes.bytesCount, end))
}

/** Writes those 512-byte sectors of the file, as they lie on the medium, that chance picks. */
function writeSectors(bytes: PagedBytes, position: number, written: Uint8Array, random: SeededRandom): void {
  for (let start = 0; start < written.length; ) {
    const length = Math.min(SECTOR_BYTES - ((position + start) % SECTOR_BYTES), written.length - start)
    if (random.chance(0.5)) bytes.write(position + start, written.subarray(start, start + length))
    start += length
  }
}
