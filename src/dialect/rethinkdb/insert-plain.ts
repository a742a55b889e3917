// Inserting documents as the caller wrote them.

import { type Fields, print } from './datum.ts'
import { isPlainKey, isWellFormed } from './key.ts'
import type { Table } from './store.ts'
import { fromStored } from './stored.ts'

/** From so many documents on an insert does not tell indexes one by one. */
const INDEXED_ROWS = 100

/**
 * The short way: documents as the caller wrote them go to the engine as they are. Answers undefined when something in them, or in
 * the table, needs the long one.
 */
export function insertPlain(
  table: Table,
  rows: readonly unknown[],
  isReplacing: boolean,
  isHard: boolean,
  arrayLimit: number,
): { result: Fields; done: Promise<unknown> | undefined } | undefined {
  if (table.info.hook !== null) return undefined
  // A few documents are followed by the indexes; many make them compute anew, which costs less.
  if (rows.length < INDEXED_ROWS && table.isFollowed) return undefined
  const { primaryKey, direct } = table
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Record<string, unknown> | null
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined
    const key = row[primaryKey]
    if (key !== undefined && !isPlainKey(key)) return undefined
  }
  const { result, done } = direct.insert(rows, isReplacing, isHard)
  const { deleted, errors, inserted, replaced, skipped, unchanged } = result
  const answer: Fields = { deleted, errors, inserted, replaced, skipped, unchanged }
  if (result.firstError !== undefined) {
    const at = Number(/\(position (\d+) of the batch\)$/.exec(result.firstError)?.[1] ?? 0)
    const row = rows[at] as Fields
    const key = row[primaryKey]
    const isKey = key !== undefined && (typeof key !== 'string' || isWellFormed(key))
    const stored = errors > 0 && isKey ? direct.get(key as never) : undefined
    answer.first_error =
      stored === undefined
        ? result.firstError
        : `Duplicate primary key \`${primaryKey}\`:\n${print(fromStored(stored))}\n${print(row)}`
  }
  if (result.generatedKeys !== undefined) {
    const keys = result.generatedKeys as string[]
    answer.generated_keys = keys.slice(0, arrayLimit)
    const count = rows.filter((row) => (row as Fields)[primaryKey] === undefined).length
    if (count > arrayLimit) {
      answer.warnings = [`Too many generated keys (${count}), array truncated to ${arrayLimit}.`]
    }
  }
  return { result: answer, done }
}
