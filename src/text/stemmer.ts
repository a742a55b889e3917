// Stemmers by language. Those of other languages than English are many bytes and are loaded when one is needed.

import { StateError } from '../error/index.ts'
import type { TokenFilter } from './filter.ts'
import { stemEnglish } from './stem.ts'

type Stems = typeof import('./stems.ts')

export const STEM_LANGUAGES = [
  'arabic',
  'danish',
  'dutch',
  'english',
  'finnish',
  'french',
  'german',
  'greek',
  'hungarian',
  'italian',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'spanish',
  'swedish',
  'tamil',
  'turkish',
] as const satisfies readonly (keyof Stems | 'english')[]

export type StemLanguage = (typeof STEM_LANGUAGES)[number]

/** Number of stems cached; enough for the common words of a vocabulary. */
const STEMS_MAX = 65_536

let stems: Stems | undefined

/** Loads the stemmers of languages other than English. */
export async function loadStems(): Promise<void> {
  stems ??= await import('./stems.ts')
}

/**
 * A filter that puts words in lower case down to their stems.
 *
 * @throws {@link StateError} from the filter, as long as the stemmers are not loaded; `details.ready` resolves when they
 * are, or could not be.
 */
export function stemmer(language: StemLanguage): TokenFilter {
  const known = new Map<string, string>()
  return (token) => {
    let stem = known.get(token)
    if (stem === undefined) {
      stem = language === 'english' ? stemEnglish(token) : loaded()[language](token)
      if (known.size >= STEMS_MAX) known.clear()
      known.set(token, stem)
    }
    return stem
  }
}

function loaded(): Stems {
  if (stems !== undefined) return stems
  const ready = loadStems().catch(() => {})
  throw new StateError('the stemmers of languages other than English are not loaded', { details: { ready } })
}
