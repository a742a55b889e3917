// Analyzers: a tokenizer followed by filters, built from a definition that is plain data and can be stored. The same
// definition always makes the same tokens everywhere; a change to the output of one needs a new name.

import { TypeMismatchError, UnsupportedError, UsageError, unknownOption } from '../error/index.ts'
import {
  asciiFolding,
  lowerCase,
  ofLength,
  onlyAlphanumeric,
  onlyHan,
  onlyHanOrAlphanumeric,
  STOP_WORDS_ENGLISH,
  type TokenFilter,
  without,
  withoutPunctuation,
} from './filter.ts'
import { decompounded, matching, requireTexts, synonyms } from './rewrite.ts'
import { loadStems, STEM_LANGUAGES, type StemLanguage, stemmer } from './stemmer.ts'
import {
  alphanumericRuns,
  CJK,
  HAN,
  ngrams,
  pairs,
  type Tokenizer,
  unicodeSegments,
  unicodeWords,
  whitespaceRuns,
  wholeText,
  wordRuns,
} from './tokenize.ts'

/** The named analyzers. */
export type AnalyzerName = 'standard' | 'unicode' | 'english' | 'chinese' | 'whitespace'

export type TokenizerDefinition =
  | 'standard'
  | 'whitespace'
  | 'words'
  | 'chinese'
  | 'cjk'
  | 'keyword'
  | 'segments'
  | {
      /** Runs of letters and digits; with `uax29` words by Unicode's boundaries, at most `maxTokenLength` (255) code points long. */
      readonly type: 'standard'
      readonly uax29?: boolean | undefined
      readonly maxTokenLength?: number | undefined
    }
  | { readonly type: 'whitespace' }
  /** Runs of letters, digits and underscores. */
  | { readonly type: 'words' }
  | { readonly type: 'chinese' }
  /** Like `chinese`, and runs of kana and Hangul are cut as well. */
  | { readonly type: 'cjk' }
  | { readonly type: 'keyword' }
  /** All that stands between Unicode's word boundaries, spaces and punctuation too. */
  | { readonly type: 'segments' }
  /** All pieces of `min` to `max` code points of what stands between white space; of words alone with `inWords`. */
  | { readonly type: 'ngram'; readonly min: number; readonly max: number; readonly inWords?: boolean | undefined }

export type FilterDefinition =
  | 'lowercase'
  | 'asciifolding'
  | 'alphanumonly'
  | 'cnalphanumonly'
  | 'cncharonly'
  | 'removepunct'
  | 'stemmer'
  | 'stop'
  /** Keeps tokens of `min` to `max` UTF-8 bytes. */
  | { readonly type: 'length'; readonly min?: number | undefined; readonly max?: number | undefined }
  /** `'_english_'` among the words stands for the common English ones, which are also the default. */
  | { readonly type: 'stop'; readonly stopWords?: readonly string[] | undefined }
  | { readonly type: 'stemmer'; readonly language?: StemLanguage | undefined }
  /** Takes words apart that consist of listed words alone. */
  | { readonly type: 'decompounder'; readonly wordList: readonly string[] }
  /** Keeps tokens with a match of a regular expression. */
  | { readonly type: 'regex'; readonly expr: string }
  /**
   * Rules `a, b => c` and groups `a, b, c`. With `expand` (the default) the other words are added, without it they
   * replace the word: the first of a group stands for all.
   */
  | { readonly type: 'synonym'; readonly synonyms: readonly string[]; readonly expand?: boolean | undefined }

export type AnalyzerDefinition =
  | AnalyzerName
  | { readonly type: AnalyzerName; readonly stopWords?: readonly string[] | undefined }
  | { readonly tokenizer: TokenizerDefinition; readonly filters?: readonly FilterDefinition[] | undefined }

/** Turns texts into tokens. */
export interface Analyzer {
  /** Its definition with all defaults filled in; equal analyzers have equal definitions. */
  readonly definition: AnalyzerDefinition
  /** The tokens of a text to be stored, in order. */
  tokens(text: string): string[]
  /** The tokens of a query: the same, except where a tokenizer stores several readings of one place. */
  queryTokens(text: string): string[]
  /** The tokens of a query with their places. */
  placedTokens(text: string): PlacedToken[]
  /** The tokens of a text to be stored with their places, and whether its places overlap. */
  storedPlaces(text: string): { readonly tokens: PlacedToken[]; readonly isOverlapping: boolean }
}

export interface PlacedToken {
  readonly token: string
  /**
   * The number of the tokenizer's token that it was made from. Filters that put several tokens in place of one give
   * them the same number, and those that leave one out leave a gap.
   */
  readonly place: number
  /** What the tokenizer found. */
  readonly source: string
}

const NAMES: readonly AnalyzerName[] = ['standard', 'unicode', 'english', 'chinese', 'whitespace']
/** Those without options. */
const PLAIN_TOKENIZERS = ['whitespace', 'words', 'chinese', 'cjk', 'keyword', 'segments'] as const
const TOKENIZERS = ['standard', ...PLAIN_TOKENIZERS, 'ngram']
const FILTERS: Readonly<Record<string, TokenFilter>> = {
  lowercase: lowerCase,
  asciifolding: asciiFolding,
  alphanumonly: onlyAlphanumeric,
  cnalphanumonly: onlyHanOrAlphanumeric,
  cncharonly: onlyHan,
  removepunct: withoutPunctuation,
}
const FILTER_NAMES = [...Object.keys(FILTERS), 'length', 'stop', 'stemmer', 'decompounder', 'regex', 'synonym']
const TOKEN_LENGTH_MAX = 255
const NGRAM_MAX = 32

interface Parts {
  readonly tokenize: Tokenizer
  readonly tokenizeQuery: Tokenizer
  readonly filters: readonly TokenFilter[]
  /** Whether tokens of a stored text may begin where another has not ended. */
  readonly isOverlapping?: boolean
}

const made = new Map<string, Analyzer>()
const MADE_MAX = 64

/**
 * The analyzer for a definition.
 *
 * @throws {@link UsageError} for an invalid definition, {@link UnsupportedError} for features of other systems that are
 * missing here.
 */
export function analyzerOf(definition: AnalyzerDefinition): Analyzer {
  const whole = completed(definition)
  const name = JSON.stringify(whole)
  let analyzer = made.get(name)
  if (analyzer === undefined) {
    analyzer = assembled(whole, partsOf(whole))
    if (made.size >= MADE_MAX) made.clear()
    made.set(name, analyzer)
  }
  return analyzer
}

/** Loads what the analyzers need before they can read a text. */
export async function loadAnalyzers(definitions: readonly AnalyzerDefinition[]): Promise<void> {
  if (definitions.some(needsStems)) await loadStems()
}

function needsStems(definition: AnalyzerDefinition): boolean {
  const filters = typeof definition === 'object' && 'filters' in definition ? definition.filters : undefined
  return (
    filters?.some((filter) => typeof filter === 'object' && 'language' in filter && filter.language !== 'english') ===
    true
  )
}

function assembled(definition: AnalyzerDefinition, parts: Parts): Analyzer {
  const { tokenize, tokenizeQuery, filters } = parts
  const filtered = (found: string[]): string[] => {
    if (filters.length === 0) return found
    const tokens: string[] = []
    for (const token of found) filterOne(filters, 0, token, tokens)
    return tokens
  }
  const placed = (found: string[]): PlacedToken[] =>
    found.flatMap((source, place) => filtered([source]).map((token) => ({ token, place, source })))
  return {
    definition,
    tokens: (text) => filtered(tokenize(text)),
    queryTokens: (text) => filtered(tokenizeQuery(text)),
    placedTokens: (text) => placed(tokenizeQuery(text)),
    storedPlaces: (text) => ({ tokens: placed(tokenize(text)), isOverlapping: parts.isOverlapping === true }),
  }
}

/** Adds what the filters from one of them on make of a token. */
function filterOne(filters: readonly TokenFilter[], from: number, given: string, tokens: string[]): void {
  let token = given
  for (let f = from; f < filters.length; f++) {
    const made = filters[f]!(token)
    if (made === undefined) return
    if (typeof made === 'string') token = made
    else {
      for (const one of made) filterOne(filters, f + 1, one, tokens)
      return
    }
  }
  if (token !== '') tokens.push(token)
}

// --- definitions, checked and completed

function completed(given: unknown): AnalyzerDefinition {
  if (typeof given === 'string') return requireName(given)
  const options = requireObject(given, 'an analyzer')
  if ('type' in options) {
    refuseUnknown(options, ['type', 'stopWords'], 'of an analyzer')
    const type = requireName(options['type'])
    const stopWords = options['stopWords'] === undefined ? [] : requireWords(options['stopWords'])
    return stopWords.length === 0 ? type : { type, stopWords }
  }
  refuseUnknown(options, ['tokenizer', 'filters'], 'of an analyzer')
  const { tokenizer, filters = [] } = options
  if (tokenizer === undefined) throw new UsageError('an analyzer has a type or a tokenizer; this one has neither')
  if (!Array.isArray(filters)) throw new TypeMismatchError(`filters of an analyzer are an array, got ${shown(filters)}`)
  return { tokenizer: completedTokenizer(tokenizer), filters: filters.map(completedFilter) }
}

function completedTokenizer(given: unknown): TokenizerDefinition {
  const options = typeof given === 'string' ? { type: given } : requireObject(given, 'a tokenizer')
  const type = (options as { type?: unknown }).type
  const where = `of tokenizer ${shown(type)}`
  const { uax29, maxTokenLength, min, max, inWords } = options as Record<string, unknown>
  if (type === 'standard') {
    refuseUnknown(options, ['type', 'uax29', 'maxTokenLength'], where)
    if (uax29 !== undefined && typeof uax29 !== 'boolean')
      throw new TypeMismatchError(`uax29 ${where} is true or false, got ${shown(uax29)}`)
    if (maxTokenLength !== undefined && uax29 !== true)
      throw new UsageError(`maxTokenLength ${where} goes with uax29: true`)
    if (uax29 !== true) return 'standard'
    return {
      type,
      uax29,
      maxTokenLength: requireCount(maxTokenLength ?? TOKEN_LENGTH_MAX, 1_048_576, 'maxTokenLength'),
    }
  }
  if (type === 'ngram') {
    refuseUnknown(options, ['type', 'min', 'max', 'inWords'], where)
    if (inWords !== undefined && typeof inWords !== 'boolean')
      throw new TypeMismatchError(`inWords ${where} is true or false, got ${shown(inWords)}`)
    const most = requireCount(max, NGRAM_MAX, `max ${where}`)
    const sizes = { type, min: requireCount(min, most, `min ${where}`), max: most } as const
    return inWords === true ? { ...sizes, inWords } : sizes
  }
  const plain = PLAIN_TOKENIZERS.find((name) => name === type)
  if (plain !== undefined) {
    refuseUnknown(options, ['type'], where)
    return plain
  }
  throw unsupported('tokenizer', type, TOKENIZERS)
}

function completedFilter(given: unknown): FilterDefinition {
  const options = typeof given === 'string' ? { type: given } : requireObject(given, 'a filter')
  const { type, min, max, stopWords, language, wordList, expr, expand } = options as Record<string, unknown>
  const where = `of filter ${shown(type)}`
  if (typeof type === 'string' && Object.hasOwn(FILTERS, type)) {
    refuseUnknown(options, ['type'], where)
    return type as FilterDefinition
  }
  if (type === 'length') {
    refuseUnknown(options, ['type', 'min', 'max'], where)
    if (min === undefined && max === undefined) throw new UsageError(`filter "length" needs max or min`)
    const most =
      max === undefined ? Number.MAX_SAFE_INTEGER : requireCount(max, Number.MAX_SAFE_INTEGER, `max ${where}`)
    return { type, min: min === undefined ? 1 : requireCount(min, most, `min ${where}`), max: most }
  }
  if (type === 'stop') {
    refuseUnknown(options, ['type', 'stopWords'], where)
    return { type, stopWords: stopWords === undefined ? ['_english_'] : requireWords(stopWords) }
  }
  if (type === 'stemmer') {
    refuseUnknown(options, ['type', 'language'], where)
    return { type, language: requireLanguage(language ?? 'english') }
  }
  if (type === 'decompounder') {
    refuseUnknown(options, ['type', 'wordList'], where)
    return { type, wordList: requireTexts(wordList, `wordList ${where}`) }
  }
  if (type === 'regex') {
    refuseUnknown(options, ['type', 'expr'], where)
    if (typeof expr !== 'string') throw new TypeMismatchError(`expr ${where} is a text, got ${shown(expr)}`)
    return { type, expr }
  }
  if (type === 'synonym') {
    refuseUnknown(options, ['type', 'synonyms', 'expand'], where)
    if (expand !== undefined && typeof expand !== 'boolean')
      throw new TypeMismatchError(`expand ${where} is true or false, got ${shown(expand)}`)
    const rules = requireTexts((options as Record<string, unknown>)['synonyms'], `synonyms ${where}`)
    return { type, synonyms: rules, expand: expand ?? true }
  }
  throw unsupported('filter', type, FILTER_NAMES)
}

// --- parts

function partsOf(definition: AnalyzerDefinition): Parts {
  if (typeof definition === 'string') return namedParts(definition)
  if ('type' in definition) {
    const parts = namedParts(definition.type)
    return { ...parts, filters: [...parts.filters, without(wordsOf(definition.stopWords ?? []))] }
  }
  return { ...tokenizersOf(definition.tokenizer), filters: (definition.filters ?? []).map(filterOf) }
}

function namedParts(name: AnalyzerName): Parts {
  switch (name) {
    case 'standard':
      return { ...tokenizersOf('standard'), filters: [lowerCase] }
    case 'unicode':
      return {
        ...tokenizersOf({ type: 'standard', uax29: true, maxTokenLength: TOKEN_LENGTH_MAX }),
        filters: [lowerCase],
      }
    case 'english':
      // In Milvus' order: stems are compared with the stop words.
      return { ...tokenizersOf('standard'), filters: [lowerCase, stemmer('english'), without(STOP_WORDS_ENGLISH)] }
    case 'chinese':
      return { ...tokenizersOf('chinese'), filters: [onlyHanOrAlphanumeric] }
    case 'whitespace':
      return { ...tokenizersOf('whitespace'), filters: [] }
  }
}

function tokenizersOf(definition: TokenizerDefinition): Omit<Parts, 'filters'> {
  const options = typeof definition === 'string' ? { type: definition } : definition
  if (options.type === 'chinese' || options.type === 'cjk') {
    const scripts = options.type === 'cjk' ? CJK : HAN
    return {
      tokenize: (text) => pairs(text, scripts, true),
      tokenizeQuery: (text) => pairs(text, scripts, false),
      isOverlapping: true,
    }
  }
  const tokenize = tokenizerOf(options)
  return { tokenize, tokenizeQuery: tokenize, isOverlapping: options.type === 'ngram' }
}

function tokenizerOf(options: Exclude<TokenizerDefinition, string> | { readonly type: string }): Tokenizer {
  if (options.type === 'whitespace') return whitespaceRuns
  if (options.type === 'words') return wordRuns
  if (options.type === 'keyword') return wholeText
  if (options.type === 'segments') return unicodeSegments
  if (options.type === 'ngram') {
    const { min, max, inWords } = options as { readonly min: number; readonly max: number; readonly inWords?: boolean }
    const runsOf = inWords === true ? wordRuns : whitespaceRuns
    return (text) => ngrams(runsOf(text), min, max)
  }
  const { uax29, maxTokenLength } = options as { readonly uax29?: boolean; readonly maxTokenLength?: number }
  return uax29 === true ? (text) => unicodeWords(text, maxTokenLength ?? TOKEN_LENGTH_MAX) : alphanumericRuns
}

function filterOf(definition: FilterDefinition): TokenFilter {
  if (typeof definition === 'string') return FILTERS[definition]!
  switch (definition.type) {
    case 'length':
      return ofLength(definition.min!, definition.max!)
    case 'stop':
      return without(wordsOf(definition.stopWords!))
    case 'stemmer':
      return stemmer(definition.language!)
    case 'decompounder':
      return decompounded(definition.wordList)
    case 'regex':
      return matching(definition.expr)
    case 'synonym':
      return synonyms(definition.synonyms, definition.expand!)
  }
}

function wordsOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => (word === '_english_' ? STOP_WORDS_ENGLISH : word))
}

// --- checks

function requireName(given: unknown): AnalyzerName {
  if (NAMES.includes(given as AnalyzerName)) return given as AnalyzerName
  throw unsupported('analyzer', given, NAMES)
}

function requireLanguage(given: unknown): StemLanguage {
  if (STEM_LANGUAGES.includes(given as StemLanguage)) return given as StemLanguage
  throw unsupported('stemmer', given, STEM_LANGUAGES)
}

function requireObject(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>
  throw new TypeMismatchError(`${what} is a name or an object of options, got ${shown(given)}`)
}

function refuseUnknown(options: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(options)) if (!known.includes(name)) throw unknownOption(name, known, where)
}

function requireCount(given: unknown, most: number, what: string): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most) return given
  throw new UsageError(`${what} is a whole number from 1 to ${most}, got ${shown(given)}`)
}

function requireWords(given: unknown): readonly string[] {
  if (!Array.isArray(given) || !given.every((word) => typeof word === 'string'))
    throw new TypeMismatchError(`stopWords is an array of words, got ${shown(given)}`)
  const foreign = given.find((word) => /^_\w+_$/.test(word) && word !== '_english_')
  if (foreign !== undefined) throw unsupported('list of stop words', foreign, ['_english_'])
  return [...given] as string[]
}

function unsupported(noun: string, given: unknown, known: readonly string[]): UnsupportedError | TypeMismatchError {
  const hint = `there is ${known.map((name) => `"${name}"`).join(', ')}`
  if (typeof given !== 'string')
    return new TypeMismatchError(`the type of a ${noun} is a name, got ${shown(given)}; ${hint}`)
  return new UnsupportedError(`no ${noun} is called "${given}"; ${hint}`, { details: { feature: noun, given, known } })
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
