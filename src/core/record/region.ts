// The region of linear memory where a partition's documents are staged, as typed arrays: five parts, sized for a batch,
// and larger for as long as one document needs it. Writes past the end of a part have no effect, which the stage
// detects afterwards.

import { S_STAGE_BYTES, S_STAGE_LENGTHS, S_STAGE_TEXT, S_STAGE_WIDES, S_STAGE_WORDS } from '../abi.ts'
import { checkMemory, type Memory } from '../memory.ts'
import { isWellFormed } from './refuse.ts'

/** A batch is handed to the core at about this much text, which fits the first-level cache. */
export const TEXT_BYTES_FULL = 16_384
const TEXT_BYTES = 65_536
export const BYTES_FULL = 65_536
/** Longer strings are encoded in a call of their own: copying them into the shared text costs more than the call. */
export const APART_UNITS = 256
/** Number of keys looked up as a group: their text always fits in the region. */
const KEYS_MAX = 64

export const encoder = new TextEncoder()

export class StagingRegion {
  protected readonly memory: Memory
  protected words = new Int32Array(0)
  protected wides = new Float64Array(0)
  protected wideInts = new BigInt64Array(0)
  protected wideWords = new Uint32Array(0)
  protected lengths = new Int32Array(0)
  protected textRoom = 0
  private textAddress = 0
  private text8 = new Uint8Array(0)
  protected bytes = new Uint8Array(0)
  protected bytesAddress = 0
  private keysText = ''

  constructor(memory: Memory) {
    this.memory = memory
  }

  protected reserve(needs: readonly number[]): void {
    const room = (index: number, least: number) => Math.max(least, (needs[index]! + 4096) & ~7)
    const sizes = [
      room(0, 65_536),
      room(1, 32_768),
      room(2, 32_768),
      room(3, TEXT_BYTES),
      room(4, BYTES_FULL * 2),
    ] as const
    // The old region goes, whatever comes: without a new one, the next user reserves one.
    this.sizes = [0, 0, 0, 0, 0]
    this.words = new Int32Array(0)
    const status = this.memory.core.store_stage(...sizes)
    this.memory.refresh()
    checkMemory(status, 'the document')
    this.sizes = sizes
    this.renew()
  }

  private sizes: readonly [number, number, number, number, number] = [0, 0, 0, 0, 0]

  /** Renews the views of the region after memory has grown. */
  protected renew(): void {
    if (this.sizes[0] === 0) {
      this.reserve([0, 0, 0, 0, 0])
      return
    }
    const { memory, sizes } = this
    const buffer = memory.core.memory.buffer
    const wides = memory.state(S_STAGE_WIDES)
    this.wides = new Float64Array(buffer, wides, sizes[1] >>> 3)
    this.wideInts = new BigInt64Array(buffer, wides, sizes[1] >>> 3)
    this.wideWords = new Uint32Array(buffer, wides, sizes[1] >>> 2)
    this.lengths = new Int32Array(buffer, memory.state(S_STAGE_LENGTHS), sizes[2] >>> 2)
    this.textAddress = memory.state(S_STAGE_TEXT)
    this.textRoom = sizes[3]
    this.text8 = new Uint8Array(buffer, this.textAddress, this.textRoom)
    this.bytesAddress = memory.state(S_STAGE_BYTES)
    this.bytes = new Uint8Array(buffer, this.bytesAddress, sizes[4])
    // Last: it tells whether all are there.
    this.words = new Int32Array(buffer, memory.state(S_STAGE_WORDS), sizes[0] >>> 2)
  }

  /** Encodes text after the `used` bytes already there; returns its length in bytes. */
  protected encodeText(text: string, used: number): number {
    // For a single document, the platform's own encoder with an existing view is faster by a tenth.
    if (used === 0) return encoder.encodeInto(text, this.text8).written
    return this.memory.encode(text, this.textAddress + used, this.textAddress + this.textRoom)
  }

  /** Whether encoded text may contain what was a surrogate. */
  protected mayHoldSurrogates(used: number, bytes: number): boolean {
    return this.memory.core.record_surrogates(this.textAddress + used, bytes) !== 0
  }

  /** Releases a region that one large document needed. */
  shrink(): void {
    if (this.sizes[0] <= 65_536 && this.sizes[3] <= TEXT_BYTES && this.sizes[4] <= BYTES_FULL * 2) return
    if (this.words.length === 0) this.renew()
    this.reserve([0, 0, 0, 0, 0])
  }

  /**
   * Makes a shape known to the core. The names are passed in place of the staged bytes, of which `used` are taken and
   * set aside for the call. Returns 0, or how many bytes the region would need.
   */
  protected tellShape(id: number, names: readonly string[], used: number): number {
    let bytes = 0
    const encoded = names.map((name) => {
      const utf8 = encoder.encode(name)
      bytes += 4 + ((utf8.length + 3) & ~3)
      return utf8
    })
    if (bytes > this.bytes.length) return bytes + 8
    const { memory } = this
    const saved = this.bytes.slice(0, Math.min(used, bytes))
    const view = new DataView(memory.core.memory.buffer, this.bytesAddress, this.bytes.length)
    let at = 0
    for (const name of encoded) {
      view.setUint32(at, name.length, true)
      this.bytes.set(name, at + 4)
      at += 4 + ((name.length + 3) & ~3)
    }
    checkMemory(memory.core.record_shape(id, names.length), 'the shape of a document')
    memory.refresh()
    if (this.words.length === 0) this.renew()
    this.bytes.set(saved)
    return 0
  }

  // --- keys to look up, through the same region; only while no document is staged

  /** Stages as many string keys from `from` on as fit; returns 0 when the first is not a short string. */
  stageKeys(keys: readonly unknown[], from: number): number {
    if (this.words.length === 0) this.renew()
    const { words } = this
    const end = Math.min(keys.length, from + KEYS_MAX)
    let text = ''
    let staged = 0
    for (let i = from; i < end; i++) {
      const key = keys[i]
      if (typeof key !== 'string' || key.length > APART_UNITS) break
      // Half a surrogate pair at its end would join with the next key; such a key is refused separately.
      if ((key.charCodeAt(key.length - 1) & 0xfc00) === 0xd800) break
      text += key
      words[staged++] = key.length
    }
    this.keysText = text
    return staged
  }

  /** Encodes the staged keys: returns 1 if all of them are ASCII, 0 if not, -1 if one has a lone surrogate. */
  sealKeys(): number {
    const text = this.keysText
    this.keysText = ''
    if (this.encodeText(text, 0) === text.length) return 1
    return isWellFormed(text) ? 0 : -1
  }

  foundAddresses(count: number): Uint32Array {
    return new Uint32Array(this.lengths.buffer, this.lengths.byteOffset, count)
  }
}
