// Builds analyzers from Milvus' parameters. Only code that is loaded on demand may import this: analyzers are many
// bytes.

import { UsageError } from '../../error/index.ts'
import { type Analyzer, analyzerOf } from '../../text/index.ts'
import { analyzerDefinition } from './analyzer-params.ts'
import { invalid } from './errors.ts'
import type { Field } from './schema.ts'

/** The analyzer that parameters describe; `standard` if there are none. */
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
    throw invalid(`analyzer_params are not valid: ${(error as Error).message}`)
  }
}

/** The analyzers of a field whose rows are in several languages. */
export interface Languages {
  /** The field that names the language of a row. */
  readonly by: string
  /** The analyzer of this name or alias; the default one for any other value. */
  analyzerOf(name: unknown): Analyzer
}

const LANGUAGES = new WeakMap<Field, Languages>()

/** Undefined for a field with a single analyzer. */
export function languagesOf(field: Field): Languages | undefined {
  const given = field.params['multi_analyzer_params']
  if (given === undefined) return undefined
  let languages = LANGUAGES.get(field)
  if (languages === undefined) {
    languages = readLanguages(field.name, given)
    LANGUAGES.set(field, languages)
  }
  return languages
}

function readLanguages(name: string, given: string): Languages {
  const wrong = (what: string) => invalid(`multi_analyzer_params of field ${name}: ${what}`)
  const { analyzers, by_field: by, alias = {} } = parsed(given, wrong) as Record<string, unknown>
  if (!isObject(analyzers) || !Object.hasOwn(analyzers, 'default')) {
    throw wrong('analyzers is an object of analyzers by name, and has "default"')
  }
  if (typeof by !== 'string') throw wrong('by_field is the name of a field')
  if (!isObject(alias)) throw wrong('alias is an object of names of analyzers')
  const named = new Map(Object.entries(analyzers).map(([own, params]) => [own, analyzerFor(params)]))
  const aliases = new Map(Object.entries(alias))
  for (const [own, target] of aliases) {
    if (!named.has(target as string)) throw wrong(`alias ${own} names an unknown analyzer: ${JSON.stringify(target)}`)
  }
  return {
    by,
    analyzerOf: (value) => named.get((aliases.get(value as string) ?? value) as string) ?? named.get('default')!,
  }
}

function parsed(given: string, wrong: (what: string) => Error): object {
  try {
    const params: unknown = JSON.parse(given)
    if (isObject(params)) return params
  } catch {
    // Reported below.
  }
  throw wrong('an object, or its JSON')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param name - the name of the analyzer, if the field has several. */
export function analyzerOfField(field: Field, name?: unknown): Analyzer {
  return languagesOf(field)?.analyzerOf(name) ?? analyzerFor(field.params['analyzer_params'])
}
