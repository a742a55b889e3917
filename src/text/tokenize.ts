// Tokenizers: where a text is split. They use Unicode properties as provided by JavaScript's regular expressions, not
// Intl.Segmenter, whose dictionaries differ between runtimes: a text must be split the same way when it is stored and
// when it is searched.

/** The tokens of a text in order; none is empty or contains U+0000. */
export type Tokenizer = (text: string) => string[]

const ASCII = /^[\0-\x7f]*$/

/**
 * A regular expression keeps backtracking state during a match, for which there is no room with some millions of
 * characters. So longer texts are matched in pieces of this many units.
 */
export const PIECE_UNITS = 1_048_576

/** Pieces of a text that end after white space, which is in no token, or, where there is none, within a token. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (text.length - from > PIECE_UNITS) {
    let to = from + PIECE_UNITS
    while (to > from && !isSpace(text.charCodeAt(to - 1))) to--
    if (to === from) to += PIECE_UNITS - (isHighSurrogate(text.charCodeAt(from + PIECE_UNITS - 1)) ? 1 : 0)
    pieces.push(text.slice(from, to))
    from = to
  }
  pieces.push(text.slice(from))
  return pieces
}

/** ASCII only: some other white space attaches to the letter before it. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function isHighSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800
}

function matchesIn(text: string, pattern: RegExp): string[] {
  if (text.length <= PIECE_UNITS) return text.match(pattern) ?? []
  return piecesOf(text).flatMap((piece) => piece.match(pattern) ?? [])
}

/** Runs of letters and digits, as in Milvus' standard tokenizer. */
const RUN_ASCII = /[A-Za-z0-9]+/g
const RUN = /[\p{Alphabetic}\p{N}]+/gu

export function alphanumericRuns(text: string): string[] {
  return matchesIn(text, ASCII.test(text) ? RUN_ASCII : RUN)
}

const WORD_RUN_ASCII = /\w+/g
const WORD_RUN = /[\p{Alphabetic}\p{M}\p{N}_]+/gu

/** Runs of letters with their marks, digits and underscores. */
export function wordRuns(text: string): string[] {
  return matchesIn(text, ASCII.test(text) ? WORD_RUN_ASCII : WORD_RUN)
}

/** The runs between white space. */
export function whitespaceRuns(text: string): string[] {
  return text.match(/[^\s\0]+/g) ?? []
}

/** The text as a whole. */
export function wholeText(text: string): string[] {
  const token = text.replaceAll('\0', '')
  return token === '' ? [] : [token]
}

// --- words by Unicode's word boundaries (UAX #29): the classes that matter, and emoji. CLDR's reading, in which a colon splits.

/** Marks and invisible characters attach to what precedes them. */
const EXTEND = '[\\p{M}\\p{Cf}]*'
/** Scripts written without spaces whose words only a dictionary could find: a run is one token. */
const RUN_SCRIPTS = '\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}'
const KATAKANA = '[\\p{sc=Katakana}\\u30fc\\uff70\\u30a0]'
/** Each is a token of its own. */
const SINGLE = '[\\p{Ideographic}\\p{sc=Hiragana}]'
const LETTER = `(?:(?![\\p{Ideographic}\\p{sc=Hiragana}\\p{sc=Katakana}\\u30fc\\uff70${RUN_SCRIPTS}])\\p{Alphabetic}${EXTEND})`
const DIGIT = `(?:\\p{Nd}${EXTEND})`
const CONNECTOR = `(?:\\p{Pc}${EXTEND})`
const WORD =
  `(?:${LETTER}|${DIGIT}|${CONNECTOR})` +
  `(?:${LETTER}|${DIGIT}|${CONNECTOR}` +
  // Between letters: apostrophes, full stops, middle dots. Between digits: apostrophes, full stops, commas, semicolons.
  `|(?<=\\p{Alphabetic}${EXTEND})['.\\u2018\\u2019\\u2024\\ufe52\\uff07\\uff0e\\u00b7\\u0387\\u05f4\\u2027]${EXTEND}(?=${LETTER})` +
  `|(?<=\\p{Nd}${EXTEND})['.,;\\u2018\\u2019\\u2024\\ufe52\\uff07\\uff0e\\u066c\\uff0c]${EXTEND}(?=${DIGIT}))*`
const EMOJI_UNIT = '(?:\\p{Extended_Pictographic}[\\u{1f3fb}-\\u{1f3ff}]?\\ufe0f?[\\u{e0020}-\\u{e007f}]*)'
const EMOJI = `\\p{RI}\\p{RI}|${EMOJI_UNIT}(?:\\u200d${EMOJI_UNIT})*`
const KEYCAP = '[0-9#*]\\ufe0f?\\u20e3'

const WORDS = new RegExp(
  `${KEYCAP}|${WORD}|${KATAKANA}(?:${KATAKANA}|${EXTEND})*?(?!${KATAKANA})|[${RUN_SCRIPTS}][${RUN_SCRIPTS}\\p{M}]*|${SINGLE}${EXTEND}|${EMOJI}`,
  'gu',
)
/** Between words: spaces together, else each character with its marks. */
const BETWEEN = new RegExp(`\\r\\n|\\p{Zs}+|[^\\p{Zs}\\p{Cs}\\0]${EXTEND}`, 'gu')
const WORDS_ASCII = /[A-Za-z0-9_]+(?:(?:(?<=[A-Za-z])['.](?=[A-Za-z])|(?<=[0-9])['.,;](?=[0-9]))[A-Za-z0-9_]+)*/g
const CONNECTORS_ONLY = /^[\p{Pc}\p{M}\p{Cf}]+$/u

/** Words, numbers and emoji; a token longer than `lengthMax` code points is cut into pieces of that length. */
export function unicodeWords(text: string, lengthMax: number): string[] {
  const found = matchesIn(text, ASCII.test(text) ? WORDS_ASCII : WORDS)
  if (!found.some((word) => word.length > lengthMax || isConnector(word.charCodeAt(0)))) return found
  return found.flatMap((word) => {
    if (CONNECTORS_ONLY.test(word)) return []
    if (word.length <= lengthMax) return [word]
    const points = [...word]
    const pieces: string[] = []
    for (let at = 0; at < points.length; at += lengthMax) pieces.push(points.slice(at, at + lengthMax).join(''))
    return pieces
  })
}

/** Every piece of a text between Unicode's word boundaries: words, and the spaces and punctuation that stand between them. */
export function unicodeSegments(text: string): string[] {
  const segments: string[] = []
  for (const piece of piecesOf(text)) {
    let at = 0
    for (const word of piece.matchAll(WORDS)) {
      for (const one of piece.slice(at, word.index).match(BETWEEN) ?? []) segments.push(one)
      segments.push(word[0])
      at = word.index + word[0].length
    }
    for (const one of piece.slice(at).match(BETWEEN) ?? []) segments.push(one)
  }
  return segments
}

/** Whether a word that begins so may have nothing but connectors in it. */
function isConnector(code: number): boolean {
  return code === 0x5f || code === 0x203f || code === 0x2040 || code === 0x2054 || code >= 0xfe33
}

// --- Chinese, Japanese and Korean without a dictionary

/** Scripts whose runs are cut, and the runs of a text in these and other scripts. */
export interface PairedScripts {
  readonly begins: RegExp
  readonly runs: RegExp
}

export const HAN: PairedScripts = {
  begins: /^\p{sc=Han}/u,
  runs: /\p{sc=Han}+|(?:(?!\p{sc=Han})[\p{Alphabetic}\p{N}])+/gu,
}
const CJK_CLASS = '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\u30fc]'
export const CJK: PairedScripts = {
  begins: new RegExp(`^${CJK_CLASS}`, 'u'),
  runs: new RegExp(`${CJK_CLASS}+|(?:(?!${CJK_CLASS})[\\p{Alphabetic}\\p{M}\\p{N}])+`, 'gu'),
}

/**
 * Runs of letters and digits; in a run of the given scripts every pair of neighbours, so that a word of two or more is
 * found by its pairs. `withSingles` adds each single character, so that a word of one is found as well.
 */
export function pairs(text: string, { begins, runs }: PairedScripts, withSingles: boolean): string[] {
  const tokens: string[] = []
  for (const run of matchesIn(text, runs)) {
    if (!begins.test(run)) {
      tokens.push(run)
      continue
    }
    const points = [...run]
    for (let i = 0; i < points.length; i++) {
      if (withSingles || points.length === 1) tokens.push(points[i]!)
      if (i + 1 < points.length) tokens.push(points[i]! + points[i + 1]!)
    }
  }
  return tokens
}

/** All pieces of `least` to `most` code points of each of these runs. */
export function ngrams(runs: readonly string[], least: number, most: number): string[] {
  const tokens: string[] = []
  for (const run of runs) {
    const points = [...run]
    for (let from = 0; from < points.length; from++) {
      for (let length = least; length <= most && from + length <= points.length; length++)
        tokens.push(points.slice(from, from + length).join(''))
    }
  }
  return tokens
}
