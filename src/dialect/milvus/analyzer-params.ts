// Translates Milvus' analyzer parameters into definitions of the text room.

import type { AnalyzerDefinition } from '../../engine/index.ts'

type Params = Record<string, unknown>

const SPELLINGS = new Map([
  ['stop_words', 'stopWords'],
  ['filter', 'filters'],
  ['max_token_length', 'maxTokenLength'],
  ['min_gram', 'min'],
  ['max_gram', 'max'],
  ['word_list', 'wordList'],
])

/**
 * There are no dictionaries here: pairs of characters find the words of any dictionary, and ICU's boundaries are
 * Unicode's.
 */
const TOKENIZERS = new Map<unknown, string>([
  ['jieba', 'chinese'],
  ['icu', 'segments'],
])

/** Parameters that are spelt in more ways than one. */
const READERS = new Map<string, (given: unknown) => unknown>([
  ['tokenizer', tokenizer],
  ['stop_words', (given) => [given].flat()],
  ['language', (given) => `${given}`.toLowerCase()],
])

function respelt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respelt)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [SPELLINGS.get(key) ?? key, (READERS.get(key) ?? respelt)(one)]),
  )
}

function tokenizer(given: unknown): unknown {
  const type = (given as Params | null | undefined)?.['type']
  return TOKENIZERS.get(type ?? given) ?? respelt(given)
}

/**
 * The definition that parameters, or their JSON, stand for; `standard` if there are none. Does not check whether it
 * makes sense.
 */
export function analyzerDefinition(given: unknown): AnalyzerDefinition {
  const params = (typeof given === 'string' && given !== '' ? JSON.parse(given) : given) as Params | undefined
  const isEmpty = !params || Object.keys(params).length === 0
  return isEmpty ? 'standard' : (respelt(params) as AnalyzerDefinition)
}
