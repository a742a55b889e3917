// The table of operations: what each term does, filled by the files that know.

import type { Call } from './evaluate.ts'
import { TERMS } from './terms.ts'
import type { Val } from './values.ts'

export type Operation = (call: Call) => Val

/** What a file of terms defines, by their JavaScript names. */
export type Operations = Readonly<Record<string, Operation>>

export const OPERATIONS: Operation[] = []

/** Gives terms, by their JavaScript names, their meaning. */
export function define(operations: Operations): void {
  for (const name of Object.keys(operations)) OPERATIONS[TERMS[name].type] = operations[name]
}
