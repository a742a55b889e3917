// The highlighter: puts tags around matched words, in pieces of the text that begin with a matched word.

import type { Analyzer } from '../../../text/index.ts'
import { analyzerOfField, languagesOf } from '../analyzers.ts'
import type { Entry } from '../catalog.ts'
import { invalid, unexpected } from '../errors.ts'
import { unspelt } from '../filled.ts'
import type { Row } from '../rows.ts'
import { type Field, isText } from '../schema.ts'
import type { HighlightData, HighlightResult } from '../types/index.ts'
import type { Given } from './search-plan.ts'

const FRAGMENT_SIZE = 100
const FRAGMENTS_COUNT = 5

/** Where pieces begin and end, and how many there are. */
interface Cut {
  /** Characters kept before the first word. */
  readonly offset: number
  readonly size: number
  readonly count: number
}

interface Marked {
  readonly field: Field
  /** Words that every hit is searched for, and words of each query. */
  readonly shared: ReadonlySet<string>
  readonly own: readonly ReadonlySet<string>[]
}

export class Highlighter {
  readonly #marked: readonly Marked[]
  readonly #before: readonly string[]
  readonly #after: readonly string[]
  readonly #cut: Cut

  /**
   * @param field - the field searched, if the search is over a text.
   * @param queries - the queries, if a function fills that field.
   */
  constructor(entry: Entry, given: unknown, field: Field | undefined, queries: readonly unknown[]) {
    const options = given as Given
    if (options['type'] === 1)
      throw unexpected('the semantic highlighter is not supported in process: it needs a model')
    this.#before = tags(options['pre_tags'], '<em>')
    this.#after = tags(options['post_tags'], '</em>')
    this.#cut = {
      offset: count(options, 'fragment_offset', 0, 0),
      size: count(options, 'fragment_size', FRAGMENT_SIZE, 1),
      count: count(options, 'num_of_fragments', FRAGMENTS_COUNT, 0),
    }
    this.#marked = markedOf(entry, options, field, queries)
  }

  /** The text fields to mark: they have to be read. */
  get fields(): string[] {
    return this.#marked.flatMap(({ field }) => [field.name, languagesOf(field)?.by ?? []].flat())
  }

  /** The highlights of a hit of a query. */
  of(row: Row, query: number): HighlightResult {
    const result: Record<string, HighlightData> = {}
    for (const { field, shared, own } of this.#marked) {
      const text = row[field.name]
      const analyzer = analyzerOfField(field, row[languagesOf(field)?.by ?? ''])
      const words = own[query]
      const isWanted = (token: string) => shared.has(token) || words?.has(token) === true
      result[field.name] = {
        fragments: typeof text === 'string' ? this.#fragments(text, spansOf(text, analyzer, isWanted)) : [],
        scores: [],
      }
    }
    return result
  }

  #fragments(text: string, spans: readonly Span[]): string[] {
    const { offset, size, count } = this.#cut
    const fragments: string[] = []
    let end = 0
    for (let i = 0; i < spans.length && fragments.length < count; ) {
      const from = Math.max(end, spans[i]!.from - offset)
      end = Math.min(text.length, Math.max(from + size, spans[i]!.to))
      let fragment = ''
      let at = from
      for (; i < spans.length && spans[i]!.to <= end; i++) {
        const { from, to } = spans[i]!
        const [before, after] = [this.#before[i % this.#before.length]!, this.#after[i % this.#after.length]!]
        fragment += text.slice(at, from) + before + text.slice(from, to) + after
        at = to
      }
      fragments.push((fragment + text.slice(at, end)).trimStart())
    }
    return fragments
  }
}

function tags(given: unknown, otherwise: string): string[] {
  if (given === undefined) return [otherwise]
  const list = Array.isArray(given) ? given : [given]
  if (list.length > 0 && list.every((tag) => typeof tag === 'string')) return list as string[]
  throw invalid('tags of a highlighter are a list of strings')
}

function count(options: Given, name: string, otherwise: number, least: number): number {
  const value = options[name] === undefined ? otherwise : Number(options[name])
  if (Number.isInteger(value) && value >= least) return value
  throw invalid(`${name} of a highlighter is a whole number from ${least} on`, `${least}..`, options[name])
}

function markedOf(entry: Entry, options: Given, searched: Field | undefined, queries: readonly unknown[]): Marked[] {
  const { schema } = entry
  const marked = new Map<Field, { analyzer: Analyzer; shared: Set<string>; own: Set<string>[] }>()
  const markedFor = (field: Field) => {
    let one = marked.get(field)
    if (one === undefined) {
      one = { analyzer: analyzerOfField(field), shared: new Set(), own: [] }
      marked.set(field, one)
    }
    return one
  }
  if (options['highlight_search_text'] === true || options['highlight_search_text'] === 'true') {
    const text = searched === undefined ? undefined : schema.textOf(searched)
    if (text === undefined) throw invalid('Search highlight only support with metric type "BM25"')
    const one = markedFor(text)
    const wordsOf = languagesOf(text) === undefined ? one.analyzer.queryTokens : unspelt
    for (const query of queries) one.own.push(new Set(wordsOf(String(query))))
  }
  const asked = options['highlight_query'] ?? []
  if (!Array.isArray(asked)) throw invalid('highlight_query of a highlighter is a list')
  for (const { type, field: name, text } of asked as Given[]) {
    if (type !== 'TextMatch') throw invalid(`highlight_query of type ${type} is not supported`, 'TextMatch', type)
    const field = schema.byName.get(String(name))
    if (field === undefined) throw invalid(`highlight_query field ${name} not exist`)
    if (!isText(field.type) || field.params['enable_analyzer'] !== 'true') {
      throw invalid(`highlight_query field ${name} is not a VarChar field with enable_analyzer`)
    }
    const one = markedFor(field)
    for (const token of one.analyzer.queryTokens(String(text))) one.shared.add(token)
  }
  return [...marked].map(([field, { shared, own }]) => ({ field, shared, own }))
}

interface Span {
  readonly from: number
  readonly to: number
}

/** A run without white space and punctuation; an analyzer may split it further. */
const WORD = /[\p{L}\p{N}\p{M}_]+/gu

/** The stretches of a text with wanted tokens. */
function spansOf(text: string, analyzer: Analyzer, isWanted: (token: string) => boolean): Span[] {
  const spans: Span[] = []
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const tokens = analyzer.tokens(word)
    const wanted = tokens.filter(isWanted)
    if (wanted.length === 0) continue
    const lower = word.toLowerCase()
    const parts =
      tokens.length === 1 || lower.length !== word.length ? [] : wanted.flatMap((token) => partsOf(lower, token))
    if (parts.length === 0) spans.push({ from: index, to: index + word.length })
    else spans.push(...joined(parts).map(({ from, to }) => ({ from: index + from, to: index + to })))
  }
  return spans
}

/** All places of a token in a word. */
function partsOf(word: string, token: string): Span[] {
  const parts: Span[] = []
  for (let at = word.indexOf(token); at >= 0; at = word.indexOf(token, at + token.length)) {
    parts.push({ from: at, to: at + token.length })
  }
  return parts
}

/** Merges overlapping stretches. */
function joined(parts: Span[]): Span[] {
  const all: Span[] = []
  for (const part of parts.sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = all.at(-1)
    if (last === undefined || part.from >= last.to) all.push(part)
    else if (part.to > last.to) all[all.length - 1] = { from: last.from, to: part.to }
  }
  return all
}
