// The table of operations: what each term does, filled by the files that know.

import type { Call } from './evaluate.ts'
import { TERMS } from './terms.ts'
import type { Val } from './values.ts'

export type Operation = (call: Call) => Val

/** What a file of terms defines, by their JavaScript names. */
export type Operations = Readonly<Record<string, Operation>>

export const OPERATIONS: Operation[] = []
/** Operations for which grouped data is one argument like any other. */
export const UNGROUPED = new Set<number>()
/** Operations that take a grouped stream group by group and give a stream again. */
export const STREAMING = new Set<number>()

/** Gives terms, by their JavaScript names, their meaning. */
export function define(operations: Operations): void {
  for (const name of Object.keys(operations)) OPERATIONS[TERMS[name].type] = operations[name]
}

export function ungrouped(...names: string[]): void {
  for (const name of names) UNGROUPED.add(TERMS[name].type)
}

export function streaming(...names: string[]): void {
  for (const name of names) STREAMING.add(TERMS[name].type)
}
