// Documents on their way in: walked one by one (walk.ts), their texts encoded a few at a time, and handed in groups to
// the core, which lays the records out (assembly/record/build.ts). Refused documents throw; refuse.ts does the slow
// search for the reason.

import { isExhausted, type QuiverError } from '../../error/index.ts'
import { MODE_SKIP, RECORD_BYTES_MAX, STAGED_MIXED, STAGED_MODE } from '../abi.ts'
import { isObjectPolluted, isWellFormed, refusalOf } from './refuse.ts'
import { BYTES_FULL, TEXT_BYTES_FULL } from './region.ts'
import { DocumentWalk, REFUSED, WORDS_MAX } from './walk.ts'

/**
 * Text is encoded in pieces of whole documents, each of at least this many units. A call costs as much as 200
 * characters; but a single non-ASCII text makes the whole piece twice as wide on the way, and slower to split.
 */
const PIECE_UNITS = 512
/** Initial room, see QUEUE_ROOM. */
const DOCUMENTS_ROOM = 128
const NO_DOCUMENT = {}
/**
 * No document that needs more can be stored: long strings get room for three bytes per unit. Arithmetic fails for sizes
 * of 2^31 and more.
 */
const BYTES_MAX = RECORD_BYTES_MAX * 4

/** The staging region of one partition. */
export class Stage extends DocumentWalk {
  /** Documents staged and not yet run. */
  count = 0
  /** Bytes of encoded text. */
  private t = 0
  /** End of the last whole document. */
  private end = 0
  /** Start of the words and the lengths of each staged document. */
  private readonly heads = new Array<number>(DOCUMENTS_ROOM).fill(0)
  private readonly lengthStarts = new Array<number>(DOCUMENTS_ROOM).fill(0)
  /** The staged documents, to explain a refusal by the core. */
  private documents = new Array<object>(DOCUMENTS_ROOM).fill(NO_DOCUMENT)
  /** First document of the piece that is not encoded yet. */
  private pieceFirst = 0

  /** Whether what is staged should be run now. */
  get isFull(): boolean {
    return (
      this.t >= TEXT_BYTES_FULL ||
      this.w * 2 > this.words.length ||
      this.d * 2 > this.wides.length ||
      this.l * 2 > this.lengths.length ||
      this.b >= BYTES_FULL
    )
  }

  /** Whether part of a document is staged that was given up. */
  get hasRemains(): boolean {
    return this.w !== this.end
  }

  /**
   * Stages a document. Returns false if there is no room until what is staged has been run. Throws when the document is
   * refused; then nothing is staged.
   */
  add(document: object, mode: number, canGenerate: boolean): boolean {
    if (this.words.length === 0) this.renew()
    if (this.count === 0) this.isPolluted = isObjectPolluted()
    const { w, d, l, b, text } = this
    try {
      this.walk(document, mode, canGenerate)
      this.shapes.check?.(document)
    } catch (error) {
      this.rewind(w, d, l, b, text)
      // The text of an oversized document may exceed the limits of the platform.
      if (error !== REFUSED && !isExhausted(error)) throw error
      throw refusalOf(document, this.shapes, canGenerate)
    }
    if (
      this.w <= this.words.length &&
      this.d <= this.wides.length &&
      this.l <= this.lengths.length &&
      this.b <= this.bytes.length &&
      this.t + this.text.length * 3 <= this.textRoom
    ) {
      const index = this.count++
      this.end = this.w
      this.heads[index] = w
      this.lengthStarts[index] = l
      this.documents[index] = document
      if (this.text.length >= PIECE_UNITS) this.encodePiece()
      return true
    }
    if (this.w - w > WORDS_MAX || this.text.length > RECORD_BYTES_MAX || this.b > BYTES_MAX) {
      this.rewind(w, d, l, b, text)
      throw refusalOf(document, this.shapes, canGenerate)
    }
    // It overran a part, where writes have no effect: retry with enough room.
    const needs = [this.w * 4, this.d * 8, this.l * 4, this.text.length * 3, this.b]
    this.rewind(w, d, l, b, text)
    if (this.count > 0) return false
    this.reserve(needs)
    return this.add(document, mode, canGenerate)
  }

  /** A function or getter of a write may look keys up while documents are staged; the region is not available then. */
  override stageKeys(keys: readonly unknown[], from: number): number {
    return this.w === 0 ? super.stageKeys(keys, from) : 0
  }

  /** Encodes the rest of the text. A document with a lone surrogate is marked to be skipped. */
  seal(): void {
    if (this.words.length === 0) this.renew()
    this.encodePiece()
  }

  private encodePiece(): void {
    const { text } = this
    if (text.length > 0) {
      let written = this.encodeText(text, this.t)
      if (written !== text.length) {
        if (this.mayHoldSurrogates(this.t, written) && !this.isWhole(text))
          written = this.encodeText(this.mended(text), this.t)
        for (let i = this.pieceFirst; i < this.count; i++) this.words[this.heads[i]! + STAGED_MODE]! |= STAGED_MIXED
      }
      this.t += written
      this.text = ''
    }
    this.pieceFirst = this.count
  }

  private endOfLengths(index: number): number {
    return index + 1 < this.count ? this.lengthStarts[index + 1]! : this.l
  }

  /**
   * Whether all strings of the piece are well-formed: the text as a whole, and no string ends in half a pair that the
   * next one completes.
   */
  private isWhole(text: string): boolean {
    if (!isWellFormed(text)) return false
    let end = 0
    for (let at = this.lengthStarts[this.pieceFirst]!; at < this.l; ) {
      const length = this.lengths[at]!
      // Negative: staged apart.
      if (length >= 0) {
        end += length
        if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) return false
      }
      at += length >= 0 ? 1 : 3
    }
    return true
  }

  /** The text of the piece with placeholders for strings that are not well-formed; their documents will be skipped. */
  private mended(text: string): string {
    let whole = ''
    let from = 0
    for (let i = this.pieceFirst; i < this.count; i++) {
      const end = this.endOfLengths(i)
      for (let at = this.lengthStarts[i]!; at < end; ) {
        const length = this.lengths[at]!
        at += length >= 0 ? 1 : 3
        if (length < 0) continue
        const string = text.slice(from, from + length)
        from += length
        if (isWellFormed(string)) {
          whole += string
          continue
        }
        whole += '?'.repeat(length)
        const mode = this.heads[i]! + STAGED_MODE
        this.words[mode] = (this.words[mode]! & ~0xff) | MODE_SKIP
      }
    }
    return whole
  }

  /** Why the core refused a staged document because of its content. */
  refusal(index: number): QuiverError {
    return refusalOf(this.documents[index], this.shapes, true)
  }

  /** Called when the staged documents have been run. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.documents[i] = NO_DOCUMENT
    this.count = 0
    this.pieceFirst = 0
    this.end = 0
    // Left by a walk that the stack was too short for.
    if (this.queued > 0) this.clearQueue()
    this.w = 0
    this.d = 0
    this.l = 0
    this.b = 0
    this.t = 0
    this.text = ''
  }
}
