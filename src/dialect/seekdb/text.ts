// The text part of a hybrid search: which records have the words, and how well (BM25).

import { evaluate, type FilterNode } from '../../query/index.ts'
import { type Analyzer, type AnalyzerDefinition, analyzerOf, type FilterDefinition } from '../../text/index.ts'
import type { FulltextIndexConfig } from './index-config.ts'
import type { Found, Records } from './records.ts'
import type { BengProperties, Ngram2Properties, NgramProperties } from './types.ts'

// Of Robertson and Zaragoza (2009), as most engines have them.
const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75

/** What a document must have: any of some words, what a filter says, or several such things. */
type TextQuery =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'and' | 'or'; readonly of: readonly TextQuery[] }
  | { readonly kind: 'filter'; readonly node: FilterNode }

/** The analyzer of a full-text index: `ik` and `beng` cut into words, Chinese into pairs of characters. */
export function analyzerFor(config: FulltextIndexConfig | undefined): Analyzer {
  return analyzerOf(definitionFor(config))
}

function definitionFor(config: FulltextIndexConfig | undefined): AnalyzerDefinition {
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

/**
 * The records that match, best first.
 *
 * @param text - a parsed `whereDocument`; `$contains` in it asks for any of its words.
 * @param filter - which records come into question.
 */
export async function searchTexts(
  records: Records,
  analyzer: Analyzer,
  text: FilterNode | undefined,
  filter: FilterNode | undefined,
): Promise<Found[]> {
  const query = text === undefined ? undefined : queryOf(text, analyzer)
  const statistics = new Statistics(query === undefined ? [] : wordsOf(query))
  const found: { readonly entry: Entry; readonly query: TextQuery }[] = []
  const unscored: Found[] = []
  const chosen = filter === undefined ? undefined : await idsOf(records, filter)
  for await (const { id, order, document } of records.texts(undefined)) {
    const isCandidate = chosen === undefined || chosen.has(id)
    if (query === undefined) {
      if (isCandidate) unscored.push({ record: { id, order }, distance: 0 })
      continue
    }
    if (document === null) continue
    const entry = statistics.entry(id, order, document, analyzer)
    if (isCandidate && matches(query, entry)) found.push({ entry, query })
  }
  const candidates = found.map(({ entry }) => ({
    record: { id: entry.id, order: entry.order },
    distance: statistics.score(entry),
  }))
  return [...unscored, ...candidates].sort((a, b) => b.distance - a.distance || a.record.order - b.record.order)
}

async function idsOf(records: Records, filter: FilterNode): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const { id } of records.texts(filter)) ids.add(id)
  return ids
}

function queryOf(node: FilterNode, analyzer: Analyzer): TextQuery {
  if (node.kind === 'and' || node.kind === 'or') {
    return { kind: node.kind, of: node.of.map((part) => queryOf(part, analyzer)) }
  }
  if (node.kind === 'text') return { kind: 'words', words: [...new Set(analyzer.queryTokens(node.text))] }
  return { kind: 'filter', node }
}

function wordsOf(query: TextQuery): string[] {
  if (query.kind === 'words') return [...query.words]
  return query.kind === 'filter' ? [] : query.of.flatMap(wordsOf)
}

/** A document, as far as the query asks. */
interface Entry {
  readonly id: string
  readonly order: number
  readonly document: string
  /** How often each of the query's words is in it, where it is. */
  readonly counts: ReadonlyMap<string, number>
  readonly length: number
}

function matches(query: TextQuery, entry: Entry): boolean {
  switch (query.kind) {
    case 'words':
      return query.words.some((word) => entry.counts.has(word))
    case 'and':
      return query.of.every((part) => matches(part, entry))
    case 'or':
      return query.of.some((part) => matches(part, entry))
    case 'filter':
      return evaluate(query.node, entry)
  }
}

/** What BM25 needs to know of all documents. */
class Statistics {
  readonly #words: ReadonlySet<string>
  readonly #documentsWith = new Map<string, number>()
  #documents = 0
  #tokens = 0

  constructor(words: readonly string[]) {
    this.#words = new Set(words)
  }

  /** Counts a document in. */
  entry(id: string, order: number, document: string, analyzer: Analyzer): Entry {
    const tokens = analyzer.tokens(document)
    const counts = new Map<string, number>()
    for (const token of tokens) {
      if (this.#words.has(token)) counts.set(token, (counts.get(token) ?? 0) + 1)
    }
    for (const word of counts.keys()) this.#documentsWith.set(word, (this.#documentsWith.get(word) ?? 0) + 1)
    this.#documents++
    this.#tokens += tokens.length
    return { id, order, document, counts, length: tokens.length }
  }

  score({ counts, length }: Entry): number {
    const longness = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / (this.#tokens / this.#documents || 1)
    let score = 0
    for (const [word, count] of counts) {
      const having = this.#documentsWith.get(word)!
      const rarity = Math.log(1 + (this.#documents - having + 0.5) / (having + 0.5))
      score += (rarity * count * (SATURATION + 1)) / (count + SATURATION * longness)
    }
    return score
  }
}
