// What all writes share: what becomes of each row, and how it is counted and reported.

import { v4 as uuid } from 'uuid'
import type { DirectWrite, Ticket } from '../../../engine/direct.ts'
import { ConflictError, DataError, HostError, isExhausted, LimitError, StateError } from '../../../error/index.ts'
import type { Document } from '../../../value/index.ts'
import {
  asObject,
  type Datum,
  equal,
  type Fields,
  field,
  isObject,
  Literal,
  print,
  setField,
  Time,
  typeName,
} from '../datum.ts'
import { Failure, fail, failMissing } from '../errors.ts'
import { type Call, evaluate } from '../evaluate.ts'
import { merge } from '../fields.ts'
import { engineKey } from '../key.ts'
import { fromWire } from '../node.ts'
import type { Query } from '../query.ts'
import type { RowChange, Table } from '../store.ts'
import { fromStored } from '../stored.ts'
import { asDatum, Func } from '../values.ts'
import { hasOwnForm, isNarrowed, keepStored, requireStorableKey, toStored } from '../write-form.ts'

export type ReturnChanges = false | true | 'always' | 'vals'

/** The options of a write. */
export interface WriteOptions {
  readonly changes: ReturnChanges
  readonly isHard: boolean
  readonly isHookIgnored: boolean
}

export function changesOf(call: Call): ReturnChanges {
  if (call.boolOption('return_vals') && call.datumOption('return_changes') === undefined) return 'vals'
  const value = call.datumOption('return_changes')
  if (typeof value !== 'string') return value !== undefined && value !== false && value !== null
  if (value !== 'always') {
    fail(`Invalid return_changes value \`${value}\` (options are \`true\`, \`false\`, and \`'always'\`.)`)
  }
  return 'always'
}

export function optionsOf(call: Call, table: Table, changes: ReturnChanges): WriteOptions {
  call.query.readOn(table)
  const durability = call.durability()
  const isHard = durability === undefined ? table.isHard : durability === 'hard'
  return { changes, isHard, isHookIgnored: call.boolOption('ignore_write_hook') }
}

/** The table's write hook, ready to call. */
function hookOf(table: Table, query: Query): Func | null {
  if (table.info.hook === null) return null
  table.hook ??= fromWire(table.info.hook.wire)
  const func = evaluate(table.hook, null, query) as Func
  return new Func(func.arity, (args) => asDatum(func.call(args)), true)
}

/** What became of one row. */
export interface Outcome {
  old: Datum
  new: Datum
  error: string | undefined
  /** Whether the row was refused before it was looked up: then `changes` always reports it. */
  isInvalid: boolean
  ticket: Ticket | undefined
}

/** Rows of one write, in order. */
class Writing {
  readonly #call: Call
  readonly #table: Table
  readonly #options: WriteOptions
  readonly #outcomes: Outcome[] = []
  readonly #write: DirectWrite
  readonly #hook: Func | null
  readonly #before: number

  constructor(call: Call, table: Table, options: WriteOptions) {
    this.#call = call
    this.#table = table
    this.#options = options
    this.#hook = options.isHookIgnored ? null : hookOf(table, call.query)
    this.#before = table.direct.version
    this.#write = table.direct.begin(options.isHard)
  }

  /** Refuses a row before it is looked up. */
  refuse(error: string): void {
    this.#outcomes.push({ old: null, new: null, error, isInvalid: true, ticket: undefined })
  }

  /** Replaces the row under `key` by the answer of `decide`; null deletes it. */
  replace(key: Datum, decide: (old: Datum) => Datum, isNew: boolean): void {
    // The row as left by the earlier rows of this write.
    const stored = this.#write.get(engineKey(key))
    const isToKeep = isNarrowed(stored)
    const old = stored === undefined ? null : fromStored(stored)
    const outcome: Outcome = { old, new: old, error: undefined, isInvalid: false, ticket: undefined }
    this.#outcomes.push(outcome)
    try {
      const decided = decide(old)
      const next = this.#hook === null ? decided : this.#hooked(this.#hook, key, old, decided)
      outcome.new = next
      if (next === null) {
        if (old !== null) this.#write.remove(engineKey(key))
        return
      }
      requireReplacement(this.#table, key, old, next, isNew)
      if (old !== null && equal(old, next)) return
      const document = this.#document(next as Fields)
      // `fromStored` has changed the document in place.
      const kept = isToKeep ? (keepStored(this.#write.get(engineKey(key)), document) as Document) : document
      outcome.ticket = this.#write.put(kept)
    } catch (error) {
      outcome.error = errorText(error)
      outcome.new = old
    }
  }

  #document(row: Fields): Record<string, unknown> {
    const { primaryKey } = this.#table
    let document = toStored(row) as Record<string, unknown>
    if (hasOwnForm(row[primaryKey])) document = { ...document, [primaryKey]: engineKey(row[primaryKey]) }
    return document
  }

  #hooked(hook: Func, key: Datum, old: Datum, next: Datum): Datum {
    // Nothing happens to a row that does not exist and is not to.
    if (old === null && next === null) return next
    let answer: Datum
    try {
      const context = { primary_key: key, timestamp: this.#call.query.now }
      answer = hook.call([context, old, next]) as Datum
    } catch (error) {
      if (error instanceof Failure) fail(`Error in write hook: ${error.text}`)
      throw error
    }
    if (answer === null && next !== null) {
      fail('A write hook function must not turn a replace/insert into a deletion.')
    }
    if (answer !== null && next === null) {
      fail('A write hook function must not turn a deletion into a replace/insert.')
    }
    return answer
  }

  /** Undoes everything, because the whole query fails. */
  abandon(): void {
    this.#write.abandon()
  }

  /** Makes the write final, and returns the result. */
  finish(generated: readonly string[] = []): Fields {
    const { query } = this.#call
    this.#write.settle()
    for (const outcome of this.#outcomes) {
      const refusal = outcome.ticket === undefined ? undefined : this.#write.refusal(outcome.ticket)
      if (refusal === undefined) continue
      outcome.error = refusal
      outcome.new = outcome.old
    }
    const isFollowed = this.#table.isFollowed
    query.wait(this.#write.commit())
    if (isFollowed) this.#table.changed(this.#changed(), this.#before)
    return resultOf(this.#outcomes, generated, this.#options.changes, this.#call.query.arrayLimit)
  }

  #changed(): RowChange[] {
    const { primaryKey } = this.#table
    return this.#outcomes
      .filter(({ old, new: next, error }) => error === undefined && !equal(old, next))
      .map(({ old, new: next }) => ({
        key: (asObject(next ?? old) as Fields)[primaryKey],
        old: old as Fields | null,
        new: next as Fields | null,
      }))
  }
}

/** The answer of a write. `limit` applies to generated keys and to changes. */
export function resultOf(
  outcomes: readonly Outcome[],
  generated: readonly string[],
  changes: ReturnChanges,
  limit: number,
): Fields {
  const result: Fields = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }
  const warnings: string[] = []
  let first: string | undefined
  for (const isInvalid of [true, false]) {
    for (const outcome of outcomes) {
      if (outcome.isInvalid === isInvalid) first ??= outcome.error
    }
  }
  for (const outcome of outcomes) (result[kindOf(outcome)] as number)++
  if (first !== undefined) result.first_error = first
  if (generated.length > 0) {
    result.generated_keys = generated.slice(0, limit)
    if (generated.length > limit) {
      warnings.push(`Too many generated keys (${generated.length}), array truncated to ${limit}.`)
    }
  }
  if (changes === 'vals') {
    const only = outcomes[0]
    if (only !== undefined) {
      result.old_val = only.old
      result.new_val = only.new
    }
  } else if (changes !== false && outcomes.length > 0) {
    const list = changeList(outcomes, changes)
    result.changes = list.length > limit ? list.slice(0, limit) : list
    if (list.length > limit) warnings.push(`Too many changes, array truncated to ${limit}.`)
  }
  if (warnings.length > 0) result.warnings = warnings
  return result
}

function changeList(outcomes: readonly Outcome[], changes: true | 'always'): Datum[] {
  const list: Datum[] = []
  const isAllInvalid = outcomes.every(({ isInvalid }) => isInvalid)
  for (const outcome of outcomes) {
    const { old, new: next, error, isInvalid } = outcome
    if (isAllInvalid && list.length > 0) break
    const isTold = changes === 'always' || isInvalid || (error === undefined && !equal(old, next))
    if (!isTold) continue
    const change: Fields = { old_val: old, new_val: next }
    if (error !== undefined) change.error = error
    list.push(change)
  }
  return list
}

function kindOf({ old, new: next, error }: Outcome): string {
  if (error !== undefined) return 'errors'
  if (old === null) return next === null ? 'skipped' : 'inserted'
  if (next === null) return 'deleted'
  return equal(old, next) ? 'unchanged' : 'replaced'
}

/** Throws the server's text for a row that must not replace the old one. */
function requireReplacement(table: Table, key: Datum, old: Datum, next: Datum, isNew: boolean): void {
  const { primaryKey } = table
  if (!isObject(next) || typeName(next) !== 'OBJECT') {
    fail(`Inserted value must be an OBJECT (got ${typeName(next)}):\n${print(next)}`)
  }
  const given = field(next, primaryKey)
  if (given === undefined) fail(`Inserted object must have primary key \`${primaryKey}\`:\n${print(next)}`)
  if (!equal(given, key) && !isNew) {
    const change = old === null ? `(null -> ${print(next)})` : `(\`${print(old)}\` -> \`${print(next)}\`).`
    fail(`Primary key \`${primaryKey}\` cannot be changed ${change}`)
  }
}

/** A row's own error as text; rethrows an error about more than the row. */
export function errorText(error: unknown): string {
  if (error instanceof Failure) return error.text
  if (
    error instanceof StateError ||
    error instanceof HostError ||
    error instanceof DataError ||
    error instanceof ConflictError ||
    (error instanceof LimitError && error.details.limit === 'memory') ||
    !(error instanceof Error) ||
    isExhausted(error) ||
    error.name === 'RuntimeError'
  ) {
    throw error
  }
  return error.message
}

/** Runs a write; if it ends in an error, all of it is undone. */
export function writing(
  call: Call,
  table: Table,
  options: WriteOptions,
  fill: (rows: Writing) => readonly string[],
): Fields {
  const rows = new Writing(call, table, options)
  try {
    const generated = fill(rows)
    return rows.finish(generated)
  } catch (error) {
    rows.abandon()
    throw error
  }
}

// Insert.

export type Conflict = 'error' | 'replace' | 'update' | Func

/** The row to insert when its key is taken. */
function resolve(table: Table, conflict: Conflict, old: Datum, row: Datum): Datum {
  if (old === null || conflict === 'replace') return row
  if (conflict === 'error') {
    return fail(`Duplicate primary key \`${table.primaryKey}\`:\n${print(old)}\n${print(row)}`)
  }
  if (conflict === 'update') return merge(old, row)
  const answer = asDatum(conflict.call([table.primaryKey, old, row], true))
  return answer instanceof Literal ? fail('Stray literal keyword found.') : answer
}

/** A row with its primary key, generated if missing; throws for an invalid row or key. */
function withKey(row: Datum, primaryKey: string, generated: string[]): Fields {
  if (row instanceof Time || typeName(row) === 'PTYPE<GEOMETRY>') {
    fail(`Inserted object must have primary key \`${primaryKey}\`:\n${print(row)}`)
  }
  if (!isObject(row) || typeName(row) !== 'OBJECT') {
    const text = `Expected type OBJECT but found ${typeName(row)}.`
    return row === null ? failMissing(text) : fail(text)
  }
  const key = field(row, primaryKey)
  if (key !== undefined) {
    requireStorableKey(key)
    return row
  }
  const made = uuid()
  generated.push(made)
  const whole = { ...row }
  setField(whole, primaryKey, made)
  return whole
}

export function insertRows(
  call: Call,
  table: Table,
  rows: Iterable<Datum>,
  conflict: Conflict,
  options: WriteOptions,
): Fields {
  return writing(call, table, options, (writer) => {
    const generated: string[] = []
    for (const given of rows) {
      try {
        const row = withKey(given, table.primaryKey, generated)
        writer.replace(row[table.primaryKey], (old) => resolve(table, conflict, old, row), false)
      } catch (error) {
        writer.refuse(errorText(error))
      }
    }
    return generated
  })
}
