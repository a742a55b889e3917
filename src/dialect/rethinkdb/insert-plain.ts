// Inserts documents as the caller wrote them.

import { type Fields, print } from './datum.ts'
import { isPlainKey, isWellFormed } from './key.ts'
import type { Table } from './store.ts'
import { fromStored } from './stored.ts'

/** From this many documents on, an insert does not update indexes one document at a time. */
const INDEXED_ROWS = 100

/**
 * The fast path: passes the caller's documents to the engine as they are. Returns undefined when the documents or the
 * table need the general path.
 */
export function insertPlain(
  table: Table,
  rows: readonly unknown[],
  isReplacing: boolean,
  isHard: boolean,
  arrayLimit: number,
): { result: Fields; done: Promise<unknown> | undefined } | undefined {
  if (table.info.hook !== null || table.direct.isUnread) return undefined
  // Indexes follow a few documents; for many, recomputing the entries costs less.
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
