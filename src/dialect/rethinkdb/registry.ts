// The table of operations: what each term does, filled by the modules that implement them.

import type { Call } from './evaluate.ts'
import { TERMS } from './terms.ts'
import type { Val } from './values.ts'

export type Operation = (call: Call) => Val

/** The operations that a module defines, by JavaScript names of terms. */
export type Operations = Readonly<Record<string, Operation>>

export const OPERATIONS: Operation[] = []

/** Registers operations by JavaScript names of terms. */
export function define(operations: Operations): void {
  for (const name of Object.keys(operations)) OPERATIONS[TERMS[name].type] = operations[name]
}
