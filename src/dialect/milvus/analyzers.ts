// Milvus' analyzer parameters in the words of the text room.

import { UsageError } from '../../error/index.ts'
import { type Analyzer, type AnalyzerDefinition, analyzerOf } from '../../text/index.ts'
import { invalid } from './errors.ts'
import type { Field } from './schema.ts'

type Params = Record<string, unknown>

const SPELLINGS: Readonly<Record<string, string>> = {
  stop_words: 'stopWords',
  filter: 'filters',
  max_token_length: 'maxTokenLength',
  min_gram: 'min',
  max_gram: 'max',
}

function respelt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respelt)
  if (value === 'jieba') return 'chinese'
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [SPELLINGS[key] ?? key, respelt(one)]))
}

/** The analyzer that parameters describe; `standard` without any. */
export function analyzerFor(given: unknown): Analyzer {
  try {
    const params = (typeof given === 'string' && given !== '' ? JSON.parse(given) : given) as Params | undefined
    const isEmpty = !params || Object.keys(params).length === 0
    return analyzerOf(isEmpty ? 'standard' : (respelt(params) as AnalyzerDefinition))
  } catch (error) {
    if (
      !(error instanceof UsageError) &&
      !(error instanceof SyntaxError) &&
      (error as Error).name !== 'UnsupportedError'
    ) {
      throw error
    }
    throw invalid(`analyzer_params make no sense: ${(error as Error).message}`)
  }
}

export function analyzerOfField(field: Field): Analyzer {
  return analyzerFor(field.params['analyzer_params'])
}
