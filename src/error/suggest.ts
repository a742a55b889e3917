// Refuses a name that does not exist and says which one was probably meant. Used wherever a caller spells names: options,
// operators, driver arguments.

import { UnknownOptionError } from './errors.ts'

const EDITS_MAX = 3

/**
 * Makes the error for a name that is not among `known`.
 *
 * @param where - the end of `unknown option "x" ...`, for example `of insert`.
 */
export function unknownOption(given: string, known: readonly string[], where: string): UnknownOptionError {
  const nearest = nearestName(given, known)
  const hint = nearest === undefined ? `it takes ${known.join(', ') || 'no options'}` : `did you mean "${nearest}"?`
  const details = nearest === undefined ? { option: given, known } : { option: given, known, nearest }
  return new UnknownOptionError(`unknown option "${given}" ${where}: ${hint}`, { details })
}

/** The name in `known` that is few edits away from `given`, if there is one. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestEdits = Math.min(EDITS_MAX, Math.ceil(given.length / 2)) + 1
  for (const name of known) {
    const edits = editsBetween(given.toLowerCase(), name.toLowerCase(), bestEdits)
    if (edits < bestEdits) {
      best = name
      bestEdits = edits
    }
  }
  return best
}

/** Levenshtein distance; anything from `enough` on may be returned as `enough`. */
function editsBetween(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
