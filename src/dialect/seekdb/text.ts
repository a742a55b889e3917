// Everything that needs analyzers: the text part of a hybrid search (the matching records, best first by BM25 of the
// words), and the words that sparse vectors count. Loaded on demand: see text-part.ts.

import { textMatch } from '../../engine/words.ts'
import type { FilterNode } from '../../query/index.ts'
import { type Analyzer, type AnalyzerDefinition, analyzerOf } from '../../text/index.ts'
import type { FulltextIndexConfig } from './index-config.ts'
import type { Records } from './records.ts'
import type { Found, Search } from './searches.ts'
import type { BengProperties, Ngram2Properties, NgramProperties } from './types.ts'

/** The vendor's defaults for `space` and `beng`. */
const TOKEN_SIZE_MIN = 3
const TOKEN_SIZE_MAX = 84

/**
 * The analyzer of a full-text index. Words end at punctuation; for `beng` at an underscore, too. `ik` cuts Chinese,
 * Japanese and Korean into characters and pairs of them; `space` and `beng` keep a run of it whole.
 */
export function analyzerFor(config: FulltextIndexConfig | undefined): AnalyzerDefinition {
  const { analyzer, properties = {} } = config ?? { analyzer: 'ik' }
  if (analyzer === 'ngram') {
    const { ngram_token_size: size = 2 } = properties as NgramProperties
    return ngrams(size, size)
  }
  if (analyzer === 'ngram2') {
    const { min_ngram_size: min = 2, max_ngram_size: max = Math.max(min, 2) } = properties as Ngram2Properties
    return ngrams(Math.min(min, max), Math.max(min, max))
  }
  if (analyzer === 'space' || analyzer === 'beng') {
    const tokenizer = analyzer === 'space' ? 'words' : 'standard'
    return { tokenizer, filters: ['lowercase', sizes(properties as BengProperties)] }
  }
  return { tokenizer: 'cjk', filters: ['lowercase'] }
}

function ngrams(min: number, max: number): AnalyzerDefinition {
  return { tokenizer: { type: 'ngram', min, max, inWords: true }, filters: ['lowercase'] }
}

/** Keeps tokens by their number of characters. */
function sizes({ min_token_size: min = TOKEN_SIZE_MIN, max_token_size: max = TOKEN_SIZE_MAX }: BengProperties) {
  return { type: 'regex', expr: `^.{${min},${Math.max(min, max)}}$` } as const
}

/** Stems of English words; with `stopwords` undefined, the common ones are left out. */
export function englishWords(bytesMax: number, stopwords: readonly string[] | undefined): Analyzer {
  // Names of word lists, which analyzers accept, mean nothing here, and are not words either.
  const stopWords = stopwords?.filter((word) => !/^_\w+_$/.test(word))
  return analyzerOf({
    tokenizer: 'standard',
    filters: ['lowercase', { type: 'length', max: bytesMax }, { type: 'stop', stopWords }, 'stemmer'],
  })
}

/**
 * The matching records, best first.
 *
 * @param text - a parsed `whereDocument`, whose `$contains` matches any of its words; undefined leaves the matching to
 * the filter.
 * @param search.filter - which records are considered.
 */
export async function searchTexts(
  records: Records,
  definition: AnalyzerDefinition,
  text: FilterNode | undefined,
  search: Search,
): Promise<Found[]> {
  const { filter, limit } = search
  if (text === undefined) return (await records.searches.inOrder(filter)).slice(0, limit)
  // The index finds the records that have any of the words.
  if (text.kind === 'text') return await withWords(records, text.text, definition, search)
  const matching = withMatches(text, analyzerOf(definition))
  const chosen: FilterNode = filter === undefined ? matching : { kind: 'and', of: [matching, filter] }
  const words = wordsOf(text)
  const scored = words === '' ? [] : await withWords(records, words, definition, { filter: chosen, limit })
  if (!mayLackWords(text) || scored.length >= limit) return scored
  const known = new Set(scored.map(({ id }) => id))
  const others = (await records.searches.inOrder(chosen)).filter(({ id }) => !known.has(id))
  return [...scored, ...others].slice(0, limit)
}

/** The records with any of the words; among those tied with the last one wanted, the ones added first. */
async function withWords(
  records: Records,
  words: string,
  definition: AnalyzerDefinition,
  { filter, limit }: Search,
): Promise<Found[]> {
  const { searches } = records
  const found = await searches.withWords(words, definition, { filter, limit: limit + 1 })
  const last = found[limit - 1]
  // The engine breaks ties by slot, and a late record may have got the early slot of a deleted one.
  const isTie = last !== undefined && found[limit]?.distance === last.distance && !(await records.isDense())
  const all = isTie ? await searches.withWords(words, definition, { filter, limit: Infinity }, last.distance) : found
  return all.slice(0, limit)
}

/** The filter with analyzed words in place of substrings. */
function withMatches(node: FilterNode, analyzer: Analyzer): FilterNode {
  if (node.kind === 'and' || node.kind === 'or') {
    return { kind: node.kind, of: node.of.map((part) => withMatches(part, analyzer)) }
  }
  if (node.kind !== 'text') return node
  const { operand, text } = node
  return textMatch(operand, analyzer, text, { absent: 'unknown', isNullAbsent: true })
}

/** All texts that are searched for, without those that must not occur. */
function wordsOf(node: FilterNode): string {
  if (node.kind === 'text') return node.text
  return node.kind === 'and' || node.kind === 'or' ? node.of.map(wordsOf).join(' ').trim() : ''
}

/** Whether a document without any of the words may match. */
function mayLackWords(node: FilterNode): boolean {
  if (node.kind === 'and') return node.of.every(mayLackWords)
  if (node.kind === 'or') return node.of.some(mayLackWords)
  return node.kind !== 'text'
}
