// Analyzers of Milvus' parameters. Only what is loaded when it is needed may import this: analyzers are many bytes.

import { UsageError } from '../../error/index.ts'
import { type Analyzer, analyzerOf } from '../../text/index.ts'
import { analyzerDefinition } from './analyzer-params.ts'
import { invalid } from './errors.ts'
import type { Field } from './schema.ts'

/** The analyzer that parameters describe; `standard` without any. */
export function analyzerFor(given: unknown): Analyzer {
  try {
    return analyzerOf(analyzerDefinition(given))
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
