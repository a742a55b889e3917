// Bytes of one file in memory: a buffer that doubles, of which the first `bytesCount` are the file.

const CAPACITY_MIN = 4096
const DOUBLING_BYTES_MAX = 256 * 1024 * 1024 // Larger buffers grow by a quarter: half would stay unused.

export class MemoryContent {
  bytesCount = 0
  #buffer = new Uint8Array(0)

  read(position: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.bytesCount - position))
    if (count > 0) target.set(this.#buffer.subarray(position, position + count))
    return count
  }

  write(position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const end = position + bytes.length
    if (end > this.bytesCount) this.resize(end)
    this.#buffer.set(bytes, position)
  }

  /** Bytes past the end are always zero in the buffer, so growing needs no filling. */
  resize(bytesCount: number): void {
    if (bytesCount < this.bytesCount) this.#buffer.fill(0, bytesCount, this.bytesCount)
    else if (bytesCount > this.#buffer.length) this.#reserve(bytesCount)
    this.bytesCount = bytesCount
  }

  #reserve(bytesCount: number): void {
    const old = this.#buffer
    const grown = old.length < DOUBLING_BYTES_MAX ? old.length * 2 : Math.ceil(old.length * 1.25)
    this.#buffer = new Uint8Array(Math.max(bytesCount, grown, CAPACITY_MIN))
    this.#buffer.set(old.subarray(0, this.bytesCount))
  }
}
