// Documents on their way in: walked one by one (walk.ts), their texts encoded a few at a time, and handed to the core in groups, which
// lays the records out (assembly/record/build.ts). What is refused throws; the slow search for the reason is in refuse.ts.

import { isExhausted, type QuiverError } from '../../error/index.ts'
import { MODE_SKIP, RECORD_BYTES_MAX, STAGED_MIXED, STAGED_MODE } from '../abi.ts'
import { isObjectPolluted, isWellFormed, refusalOf } from './refuse.ts'
import { BYTES_FULL, TEXT_BYTES_FULL } from './region.ts'
import { DocumentWalk, REFUSED, WORDS_MAX } from './walk.ts'

/**
 * Text is encoded in pieces of whole documents, each of at least so many units. A call costs as much as 200 characters; but one that is
 * not ASCII makes all of its piece twice as wide on the way, and slower to take apart.
 */
const PIECE_UNITS = 512
/** Room for so many from the start, see QUEUE_ROOM. */
const DOCUMENTS_ROOM = 128
const NO_DOCUMENT = {}
/** No document that needs more can be stored: long strings are given room for three bytes a unit. Sizes of 2^31 are beyond what is computed with. */
const BYTES_MAX = RECORD_BYTES_MAX * 4

/** The staging region of one partition. */
export class Stage extends DocumentWalk {
  /** Documents staged and not yet run. */
  count = 0
  /** Bytes of encoded text. */
  private t = 0
  /** Where the words and the lengths of each staged document begin. */
  private readonly heads = new Array<number>(DOCUMENTS_ROOM).fill(0)
  private readonly lengthStarts = new Array<number>(DOCUMENTS_ROOM).fill(0)
  /** What is staged, to say why the core refused it. */
  private documents = new Array<object>(DOCUMENTS_ROOM).fill(NO_DOCUMENT)
  /** First document of the piece that is not encoded yet. */
  private pieceFirst = 0

  /** True when what is staged had better be run now. */
  get isFull(): boolean {
    return (
      this.t >= TEXT_BYTES_FULL ||
      this.w * 2 > this.words.length ||
      this.d * 2 > this.wides.length ||
      this.l * 2 > this.lengths.length ||
      this.b >= BYTES_FULL
    )
  }

  /** Stages a document. False: there is no room before what is staged has been run. Throws when it is refused; nothing is staged then. */
  add(document: object, mode: number, canGenerate: boolean): boolean {
    if (this.words.length === 0) this.renew()
    if (this.count === 0) this.isPolluted = isObjectPolluted()
    const { w, d, l, b, text } = this
    try {
      this.walk(document, mode, canGenerate)
      this.shapes.check?.(document)
    } catch (error) {
      this.rewind(w, d, l, b, text)
      // The common text of a document far too large may pass what the platform allows.
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
    // It ran over an end, where writes fall flat: once more with room for it.
    const needs = [this.w * 4, this.d * 8, this.l * 4, this.text.length * 3, this.b]
    this.rewind(w, d, l, b, text)
    if (this.count > 0) return false
    this.reserve(needs)
    return this.add(document, mode, canGenerate)
  }

  /** A function or getter of a write may look keys up while documents are staged: not through the region then. */
  override stageKeys(keys: readonly unknown[], from: number): number {
    return this.w === 0 ? super.stageKeys(keys, from) : 0
  }

  /** Encodes what is left of the text. A document with a lone surrogate is marked to be passed over. */
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

  /** Whether all strings of the piece are well-formed: the text is, and none of them ends in half a pair that the next one completes. */
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

  /** The text of the piece with something else in place of strings that are not well-formed; their documents are to be passed over. */
  private mended(text: string): string {
    let whole = ''
    let from = 0
    for (let i = this.pieceFirst; i < this.count; i++) {
      const end = this.endOfLengths(i)
      for (let at = this.lengthStarts[i]!; at < end; ) {
        const length = this.lengths[at]!
        if (length >= 0) {
          const string = text.slice(from, from + length)
          from += length
          if (isWellFormed(string)) {
            whole += string
          } else {
            whole += '?'.repeat(length)
            const mode = this.heads[i]! + STAGED_MODE
            this.words[mode] = (this.words[mode]! & ~0xff) | MODE_SKIP
          }
        }
        at += length >= 0 ? 1 : 3
      }
    }
    return whole
  }

  /** Why the core refused a staged document for what is in it. */
  refusal(index: number): QuiverError {
    return refusalOf(this.documents[index], this.shapes, true)
  }

  /** The staged documents have been run. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.documents[i] = NO_DOCUMENT
    this.count = 0
    this.pieceFirst = 0
    this.w = 0
    this.d = 0
    this.l = 0
    this.b = 0
    this.t = 0
    this.text = ''
  }
}
