// The terms insert, update, replace, delete, forEach, sync.

import { isFixed } from '../check.ts'
import {
  asArray,
  asObject,
  asText,
  type Datum,
  equal,
  type Fields,
  field,
  isObject,
  printShort,
  setField,
  Time,
  typeName,
} from '../datum.ts'
import { Failure, fail } from '../errors.ts'
import { type Call, finite, literalOf, selectionOf, toFunc, toStream } from '../evaluate.ts'
import { mergePatch } from '../fields.ts'
import { insertPlain } from '../insert-plain.ts'
import { ARRAY_LIMIT } from '../query.ts'
import type { Operations } from '../registry.ts'
import { T } from '../terms.ts'
import {
  asDatum,
  Func,
  type Pull,
  plain,
  Row,
  Special,
  Stream,
  type Val,
  type Virtual,
  VirtualTable,
  wrongKind,
} from '../values.ts'
import { tableOf } from './reading.ts'
import {
  type Conflict,
  changesOf,
  errorText,
  insertRows,
  type Outcome,
  optionsOf,
  type ReturnChanges,
  resultOf,
  type WriteOptions,
  writing,
} from './write.ts'

function conflictOf(call: Call): Conflict {
  const value = call.option('conflict')
  if (value === undefined) return call.boolOption('upsert') ? 'replace' : 'error'
  if (value instanceof Func) {
    if (value.node === undefined || !isFixed(value.node))
      fail('The conflict function passed to `insert` must be deterministic.')
    if (value.arity !== 0 && value.arity !== 3) {
      fail('The conflict function passed to `insert` should expect 3 arguments.')
    }
    return value
  }
  const text = asText(asDatum(value))
  if (text === 'error' || text === 'replace' || text === 'update') return text
  return fail(`Conflict option \`${text}\` unrecognized (options are "error", "replace" and "update").`)
}

function* each(pull: Pull): Generator<Datum> {
  for (let row = pull(); row !== undefined; row = pull()) yield row
}

function insert(call: Call): Val {
  if (call.first instanceof VirtualTable) {
    const given = plain(call.val(1))
    const rows = (Array.isArray(given) ? given : [given]) as Datum[]
    return writeSystem(
      call,
      call.first.virtual,
      rows.map((row) => [null, () => row] as const),
      changesOf(call),
    )
  }
  const table = tableOf(call.first)
  const changes = changesOf(call)
  const conflict = conflictOf(call)
  const options = optionsOf(call, table, changes)
  const { query } = call
  return query.once(() => {
    const node = call.args[1]
    // A list of documents written by the caller may have any length.
    const list = node.type === T.DATUM && Array.isArray(node.value) ? (literalOf(node) as Datum[]) : undefined
    if (changes === 'vals' && list !== undefined) manyInserts()
    const isReplacing = conflict === 'replace'
    const rows = list ?? rowsOf(call, options)
    if (list !== undefined && !(node.isPlain && query.arrayLimit >= ARRAY_LIMIT)) {
      for (const row of list) query.literal(row, node.isPlain)
    }
    // Plain documents are not examined one by one.
    if (node.type === T.DATUM && node.isPlain && changes === false && (isReplacing || conflict === 'error')) {
      const answer = insertPlain(table, rows as Datum[], isReplacing, options.isHard, query.arrayLimit)
      query.wait(answer?.done)
      if (answer !== undefined) return answer.result
    }
    return insertRows(call, table, rows, conflict, options)
  })
}

function manyInserts(): never {
  fail('Optarg RETURN_VALS is invalid for multi-row inserts.')
}

function rowsOf(call: Call, options: WriteOptions): Iterable<Datum> {
  const value = call.val(1)
  const single = plain(value)
  // Instants and shapes are objects too, though none that can be inserted.
  if ((isObject(single) && !(single instanceof Special)) || single instanceof Time) return [single]
  if (options.changes === 'vals') manyInserts()
  if (Array.isArray(single)) return single
  const stream = toStream(value)
  const pull = finite(stream)
  // A table inserted into itself is read to the end first.
  return stream.slice === undefined ? each(pull) : [...each(pull)]
}

/** update, replace and delete: replaces each row of a selection by the answer of `decide`. */
function replaceRows(call: Call, decide: (old: Datum) => Datum): Val {
  const { first } = call
  const changes = changesOf(call)
  const system = systemOf(first)
  if (system !== undefined) {
    const rows = system.rows.map((row) => [row, decide] as const)
    return writeSystem(call, system.virtual, rows, changes)
  }
  if (first instanceof Row) {
    if (first.assign !== undefined) return assignRow(first, first.assign, decide, changes)
    const options = optionsOf(call, first.table, changes)
    const { key } = first
    return call.query.once(() =>
      writing(call, first.table, options, (rows) => {
        rows.replace(key, decide, false)
        return []
      }),
    )
  }
  const selection = selectionOf(first)
  if (selection === undefined) return wrongKind('SELECTION', first)
  const { table } = selection
  const options = optionsOf(call, table, changes)
  if (changes === 'vals') fail('Optarg RETURN_VALS is invalid for multi-row modifications.')
  return call.query.once(() => {
    const { source } = selection
    // Index entries are computed from the current documents: they are read before anything changes.
    const pull = source instanceof Stream ? finite(source) : undefined
    const isScan =
      source instanceof Stream &&
      source.planned === undefined &&
      source.slice?.keys === undefined &&
      source.slice?.index === undefined &&
      source.slice?.order === undefined
    const rows = pull === undefined ? (source as Datum[]) : isScan ? each(pull) : [...each(pull)]
    return writing(call, table, options, (writer) => {
      for (const row of rows) writer.replace((row as Fields)[table.primaryKey], decide, false)
      return []
    })
  })
}

/** The rows of the system's tables that a value stands for; undefined for any other value. */
function systemOf(value: Val): { virtual: Virtual; rows: (Fields | null)[] } | undefined {
  if (value instanceof Row) {
    return value.virtual && { virtual: value.virtual, rows: [value.value as Fields | null] }
  }
  if (!(value instanceof VirtualTable) && !(value instanceof Stream)) return undefined
  const { virtual, steps, pull } = toStream(value)
  if (virtual === undefined || steps.some(({ kind }) => kind !== 'filter')) return undefined
  return { virtual, rows: [...each(pull)] as Fields[] }
}

/** A write to the system's tables: row by row, because it creates and drops databases and tables. */
function writeSystem(
  call: Call,
  virtual: Virtual,
  rows: readonly (readonly [Fields | null, (old: Datum) => Datum])[],
  changes: ReturnChanges,
): Val {
  const { query } = call
  const decided = query.once(() =>
    rows.map(([old, decide]): Outcome => {
      try {
        return outcomeOf(old, decide(old))
      } catch (error) {
        return { ...outcomeOf(old, old), error: errorText(error) }
      }
    }),
  )
  return query.suspend(async () => {
    for (const outcome of decided) {
      const { old, new: next, error } = outcome
      if (error !== undefined || equal(old, next)) continue
      try {
        outcome.new = await virtual.write(old as Fields | null, next)
      } catch (failure) {
        outcome.new = old
        outcome.error = errorText(failure)
      }
    }
    const made = decided.filter(({ old, new: next }) => old === null && next !== null)
    const keys = made.map(({ new: next }) => asText((next as Fields).id))
    return resultOf(decided, keys, changes, query.arrayLimit)
  })
}

function outcomeOf(old: Datum, next: Datum): Outcome {
  return { old, new: next, error: undefined, isInvalid: false, ticket: undefined }
}

/** A write to a configuration. */
function assignRow(
  row: Row,
  assign: (value: Datum) => void,
  decide: (old: Datum) => Datum,
  changes: ReturnChanges,
): Val {
  const result: Fields = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }
  const old = row.value
  const change: Fields = { old_val: old, new_val: old }
  let kind = 'unchanged'
  try {
    const next = decide(old)
    assign(next)
    if (!equal(old, next)) kind = 'replaced'
    change.new_val = next
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    kind = 'errors'
    result.first_error = error.text
    change.error = error.text
  }
  result[kind] = 1
  if (changes !== false) result.changes = changes === 'always' || kind === 'replaced' ? [change] : []
  return result
}

function requireFixed(call: Call): void {
  if (call.boolOption('non_atomic')) return
  if (!isFixed(call.args[1])) {
    fail('Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?')
  }
}

/** Adds the result of a write to those before it: sums numbers, joins lists, keeps the first text. */
function addResult(total: Fields, part: Fields, limit: number, warnings: Set<string>): void {
  for (const name of Object.keys(part)) {
    const value = part[name]
    const before = field(total, name)
    if (before === undefined) setField(total, name, value)
    else if (typeof before === 'number' && typeof value === 'number') total[name] = before + value
    else if (Array.isArray(before) && Array.isArray(value)) {
      const list = [...before, ...value]
      if (list.length > limit) warnings.add(`Too many changes, array truncated to ${limit}.`)
      total[name] = list.slice(0, limit)
    } else if (typeof before !== 'string' || typeof value !== 'string') {
      const [old, next] = [before, value].map((one) => `\`${printShort(one)}\` (type ${typeName(one)})`)
      fail(`Cannot merge statistics ${old} and ${next}.`)
    }
  }
}

function forEach(call: Call): Val {
  const { first } = call
  const func = call.func(1, 'constant')
  const total: Fields = {}
  const warnings = new Set<string>()
  const { arrayLimit } = call.query
  for (const row of each(finite(toStream(first)))) {
    const answer = func.call([row])
    if (answer instanceof Special && !(answer instanceof Row)) fail(NO_WRITE)
    const part = asDatum(answer)
    try {
      const parts = isObject(part) ? [part] : asArray(part).map(asObject)
      for (const one of parts) addResult(total, one, arrayLimit, warnings)
    } catch (error) {
      if (error instanceof Failure) throw new Failure(error.type, `${NO_WRITE}  ${error.text}`)
      throw error
    }
  }
  if (warnings.size > 0) total.warnings = [...((total.warnings as Datum[] | undefined) ?? []), ...warnings]
  return total
}

const NO_WRITE = 'FOR_EACH expects one or more basic write queries.'

export const terms: Operations = {
  insert,
  update(call) {
    requireFixed(call)
    // On the server, a patch that is not a function becomes part of one: an error in it is the row's, and random values
    // differ per row.
    const { type } = call.args[1]
    const given = type === T.FUNC || type === T.JAVASCRIPT ? toFunc(call.val(1), 'constant') : undefined
    return replaceRows(call, (old) => {
      if (old === null) return null
      const value = given ?? call.val(1, true)
      const patch = asDatum(value instanceof Func ? value.call([old], true) : value)
      return patch === null ? old : mergePatch(old, patch)
    })
  },
  replace(call) {
    requireFixed(call)
    const func = toFunc(call.val(1), 'constant')
    return replaceRows(call, (old) => asDatum(func.call([old])))
  },
  delete: (call) => replaceRows(call, () => null),
  forEach,
  sync(call) {
    const table = tableOf(call.first)
    call.query.wait(table.direct.flush())
    return { synced: 1 }
  },
}
