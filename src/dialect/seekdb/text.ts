// What stands on analyzers: the text part of a hybrid search (which records match, those first that have the words best by BM25), and the
// words that sparse vectors count. Loaded when it is needed: text-part.ts.

import { textMatch } from '../../engine/words.ts'
import type { FilterNode } from '../../query/index.ts'
import { type Analyzer, type AnalyzerDefinition, analyzerOf, type FilterDefinition } from '../../text/index.ts'
import type { FulltextIndexConfig } from './index-config.ts'
import type { Records } from './records.ts'
import type { Found, Search } from './searches.ts'
import type { BengProperties, Ngram2Properties, NgramProperties } from './types.ts'

/** The analyzer of a full-text index. `ik` cuts into words, and Chinese into characters and pairs of them; `beng` keeps a run of Chinese whole. */
export function analyzerFor(config: FulltextIndexConfig | undefined): AnalyzerDefinition {
  const { analyzer, properties = {} } = config ?? { analyzer: 'ik' }
  if (analyzer === 'ngram') {
    const { ngram_token_size: size = 2 } = properties as NgramProperties
    return { tokenizer: { type: 'ngram', min: size, max: size }, filters: ['lowercase'] }
  }
  if (analyzer === 'ngram2') {
    const { min_ngram_size: min = 2, max_ngram_size: max = Math.max(min, 2) } = properties as Ngram2Properties
    return { tokenizer: { type: 'ngram', min: Math.min(min, max), max: Math.max(min, max) }, filters: ['lowercase'] }
  }
  if (analyzer === 'space' || analyzer === 'beng') {
    const tokenizer = analyzer === 'space' ? 'whitespace' : 'standard'
    return { tokenizer, filters: ['lowercase', ...lengths(properties as BengProperties)] }
  }
  return { tokenizer: 'chinese', filters: ['lowercase', 'cnalphanumonly'] }
}

function lengths({ min_token_size: min, max_token_size: max }: BengProperties): FilterDefinition[] {
  return min === undefined && max === undefined ? [] : [{ type: 'length', min: min ?? 1, max }]
}

/** English words by their stems; `stopwords` undefined leaves out the common ones. */
export function englishWords(bytesMax: number, stopwords: readonly string[] | undefined): Analyzer {
  // Names of lists, as analyzers have them, are none here, and no words either.
  const stopWords = stopwords?.filter((word) => !/^_\w+_$/.test(word))
  return analyzerOf({
    tokenizer: 'standard',
    filters: ['lowercase', { type: 'length', max: bytesMax }, { type: 'stop', stopWords }, 'stemmer'],
  })
}

/**
 * The records that match, best first.
 *
 * @param text - a parsed `whereDocument`, in which `$contains` asks for any of its words; undefined leaves it to the filter.
 * @param search.filter - which records come into question.
 */
export async function searchTexts(
  records: Records,
  definition: AnalyzerDefinition,
  text: FilterNode | undefined,
  search: Search,
): Promise<Found[]> {
  const { filter, limit } = search
  if (text === undefined) return (await records.searches.inOrder(filter)).slice(0, limit)
  // The index finds what has any of the words.
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

/** The records with any of the words; of those that are as good as the last that is wanted, the ones that were added first. */
async function withWords(
  records: Records,
  words: string,
  definition: AnalyzerDefinition,
  { filter, limit }: Search,
): Promise<Found[]> {
  const { searches } = records
  const found = await searches.withWords(words, definition, { filter, limit: limit + 1 })
  const last = found[limit - 1]
  // The engine goes by slots, of which a deleted record may have left an early one to a late record.
  const isTie = last !== undefined && found[limit]?.distance === last.distance && !(await records.isDense())
  const all = isTie ? await searches.withWords(words, definition, { filter, limit: Infinity }, last.distance) : found
  return all.slice(0, limit)
}

/** The filter with words looked for by the analyzer in place of substrings. */
function withMatches(node: FilterNode, analyzer: Analyzer): FilterNode {
  if (node.kind === 'and' || node.kind === 'or') {
    return { kind: node.kind, of: node.of.map((part) => withMatches(part, analyzer)) }
  }
  if (node.kind !== 'text') return node
  const { operand, text } = node
  return textMatch(operand, analyzer, text, { absent: 'unknown', isNullAbsent: true })
}

/** All texts that are asked for; not those that must not be there. */
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
