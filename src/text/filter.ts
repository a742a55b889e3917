// Token filters: each maps a token to another, to several, or to `undefined` to drop it.

import { PIECE_UNITS, piecesOf } from './tokenize.ts'

export type TokenFilter = (token: string) => string | readonly string[] | undefined

export function lowerCase(token: string): string {
  return token.toLowerCase()
}

// Letters that no decomposition reduces to ASCII.
const FOLDED: Readonly<Record<string, string>> = {
  '\u00c6': 'AE',
  '\u00e6': 'ae',
  '\u0152': 'OE',
  '\u0153': 'oe',
  '\u00d8': 'O',
  '\u00f8': 'o',
  '\u00d0': 'D',
  '\u00f0': 'd',
  '\u0110': 'D',
  '\u0111': 'd',
  '\u00de': 'TH',
  '\u00fe': 'th',
  '\u00df': 'ss',
  '\u1e9e': 'SS',
  '\u0141': 'L',
  '\u0142': 'l',
  '\u0131': 'i',
  '\u0126': 'H',
  '\u0127': 'h',
  '\u0166': 'T',
  '\u0167': 't',
  '\u014a': 'N',
  '\u014b': 'n',
  '\u0138': 'q',
  '\u017f': 's',
  '\u018f': 'A',
  '\u0259': 'a',
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u2010': '-',
  '\u2013': '-',
  '\u2014': '-',
}

/**
 * Replaces Latin letters with marks, ligatures and full-width forms by their ASCII spelling; other scripts stay as they
 * are.
 */
export function asciiFolding(token: string): string {
  if (/^[\0-\x7f]*$/.test(token)) return token
  let folded = ''
  for (const point of token) {
    const plain = point.normalize('NFKD').replace(/\p{Mn}/gu, '')
    const ascii = FOLDED[point] ?? (/^[\0-\x7f]+$/.test(plain) ? plain : undefined)
    if (ascii !== undefined) folded += ascii
    // A mark on its own belongs to the letter before it, which has become plain.
    else if (!(/^[\u0300-\u036f]$/.test(point) && /[A-Za-z]$/.test(folded))) folded += point
  }
  return folded
}

/** @param pattern - that every character must match. */
function onlyMatching(pattern: RegExp): TokenFilter {
  const isMatch = (token: string) =>
    token.length <= PIECE_UNITS ? pattern.test(token) : piecesOf(token).every((piece) => pattern.test(piece))
  return (token) => (isMatch(token) ? token : undefined)
}

export const onlyAlphanumeric = onlyMatching(/^[A-Za-z0-9]+$/)
export const onlyHan = onlyMatching(/^\p{sc=Han}+$/u)
export const onlyHanOrAlphanumeric = onlyMatching(/^[\p{sc=Han}A-Za-z0-9]+$/u)

/** Leaves out tokens of punctuation or space alone; words with some in them, as it's or 1.5, stay. */
export function withoutPunctuation(token: string): string | undefined {
  return /[^\p{P}\s]/u.test(token) ? token : undefined
}

/** Lengths count UTF-8 bytes. */
export function ofLength(least: number, most: number): TokenFilter {
  return (token) => {
    const bytes = utf8Bytes(token)
    return bytes >= least && bytes <= most ? token : undefined
  }
}

function utf8Bytes(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // Each half of a surrogate pair counts for two of its four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3
  }
  return bytes
}

export function without(words: readonly string[]): TokenFilter {
  const stop = new Set(words)
  return (token) => (stop.has(token) ? undefined : token)
}

/** The commonest English words, the stop words of Lucene and Milvus. */
export const STOP_WORDS_ENGLISH: readonly string[] = (
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was ' +
  'will with'
).split(' ')
