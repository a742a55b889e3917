// The terms insert, update, replace, delete, forEach, sync.

import { isFixed } from './check.ts'
import { asArray, type Datum, type Fields, field, isObject, typeName } from './datum.ts'
import { Failure, fail } from './errors.ts'
import { type Call, finite, selectionOf, toFunc, toStream } from './evaluate.ts'
import { merge } from './fields.ts'
import { insertPlain } from './insert-plain.ts'
import { tableOf } from './reading.ts'
import type { Operations } from './registry.ts'
import { T } from './terms.ts'
import { asDatum, Func, type Pull, Row, Special, Stream, type Val, wrongKind } from './values.ts'
import { type Conflict, changesOf, insertRows, optionsOf, type WriteOptions, writing } from './write.ts'

function conflictOf(call: Call): Conflict {
  const value = call.option('conflict')
  if (value === undefined) return call.boolOption('upsert') ? 'replace' : 'error'
  if (value instanceof Func) {
    if (!value.isFixed) fail('The conflict function passed to `insert` must be deterministic.')
    if (value.arity !== 0 && value.arity !== 3) {
      fail('The conflict function passed to `insert` should expect 3 arguments.')
    }
    return value
  }
  const text = asDatum(value)
  if (text === 'error' || text === 'replace' || text === 'update') return text
  if (typeof text !== 'string') fail(`Expected type STRING but found ${typeName(text)}.`)
  return fail(`Conflict option \`${text}\` unrecognized (options are "error", "replace" and "update").`)
}

function* each(pull: Pull): Generator<Datum> {
  for (let row = pull(); row !== undefined; row = pull()) yield row
}

function insert(call: Call): Val {
  const table = tableOf(call.first)
  const changes = changesOf(call)
  const conflict = conflictOf(call)
  const options = optionsOf(call, table, changes)
  return call.query.once(() => {
    const node = call.args[1]
    // Documents as the caller wrote them are not looked at one by one.
    const literal = node.type === T.DATUM && node.isPlain ? node.value : undefined
    const isList = Array.isArray(literal)
    if (changes === 'vals' && isList) manyInserts()
    const isReplacing = conflict === 'replace'
    if (isObject(literal) || isList) {
      const rows = isList ? literal : [literal]
      const answer =
        changes === false && (isReplacing || conflict === 'error')
          ? insertPlain(table, rows, isReplacing, options.isHard, call.query.arrayLimit)
          : undefined
      call.query.wait(answer?.done)
      if (answer !== undefined) return answer.result
    }
    return insertRows(call, table, rowsOf(call, isList ? (literal as Datum[]) : undefined, options), conflict, options)
  })
}

function manyInserts(): never {
  fail('Optarg RETURN_VALS is invalid for multi-row inserts.')
}

function rowsOf(call: Call, literal: Datum[] | undefined, options: WriteOptions): Iterable<Datum> {
  if (literal !== undefined) return literal
  const value = call.val(1)
  const single = value instanceof Row ? value.value : value
  if (isObject(single) && !(single instanceof Special)) return [single]
  if (options.changes === 'vals') manyInserts()
  if (Array.isArray(single)) return single
  const stream = toStream(value)
  const pull = finite(stream)
  // A table inserted into itself is read to its end first.
  return stream.slice === undefined ? each(pull) : [...each(pull)]
}

/** update, replace and delete: each row of a selection replaced by what `decide` makes of it. */
function replaceRows(call: Call, decide: (old: Datum) => Datum): Val {
  const { first } = call
  const changes = changesOf(call)
  if (first instanceof Row) {
    if (first.assign !== undefined) return assignRow(first, first.assign, decide, changes !== false)
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
    // Index entries are computed from what is there now: they are read before anything changes.
    const pull = source instanceof Stream ? finite(source) : undefined
    const isScan =
      source instanceof Stream &&
      source.planned === undefined &&
      source.slice?.index === undefined &&
      source.slice?.order === undefined
    const rows = pull === undefined ? (source as Datum[]) : isScan ? each(pull) : [...each(pull)]
    return writing(call, table, options, (writer) => {
      for (const row of rows) writer.replace((row as Fields)[table.primaryKey], decide, false)
      return []
    })
  })
}

/** A write to a configuration. */
function assignRow(row: Row, assign: (value: Datum) => void, decide: (old: Datum) => Datum, isTold: boolean): Val {
  const result: Fields = { deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0 }
  const old = row.value
  let next = old
  try {
    next = decide(old)
    assign(next)
    result.replaced = 1
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    result.errors = 1
    result.first_error = error.text
    next = old
  }
  if (isTold) result.changes = [{ old_val: old, new_val: next }]
  return result
}

function requireFixed(call: Call): void {
  if (call.boolOption('non_atomic')) return
  if (!isFixed(call.args[1])) {
    fail('Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?')
  }
}

function writer(call: Call): Func {
  requireFixed(call)
  return toFunc(call.val(1, true), 'constant')
}

/** Adds the result of a write to those before it: numbers add up, lists join, the first text stays. */
function addResult(total: Fields, part: Datum): void {
  if (!isObject(part)) {
    fail(`FOR_EACH expects one or more basic write queries.  Expected type ARRAY but found ${typeName(part)}.`)
  }
  for (const name of Object.keys(part)) {
    const value = part[name]
    const before = field(total, name)
    if (before === undefined) total[name] = value
    else if (typeof before === 'number' && typeof value === 'number') total[name] = before + value
    else if (Array.isArray(before) && Array.isArray(value)) total[name] = [...before, ...value]
  }
}

function forEach(call: Call): Val {
  const { first } = call
  const func = call.func(1, 'constant')
  const total: Fields = {}
  for (const row of each(finite(toStream(first instanceof Row ? first.value : first)))) {
    const answer = func.call([row])
    if (answer instanceof Special && !(answer instanceof Row)) {
      fail('FOR_EACH expects one or more basic write queries.')
    }
    const part = asDatum(answer)
    for (const one of Array.isArray(part) ? asArray(part) : [part]) addResult(total, one)
  }
  return total
}

export const terms: Operations = {
  insert,
  update(call) {
    requireFixed(call)
    // A patch that is no function is part of one on the server: what goes wrong in it is the row's error, what is random its own.
    const { type } = call.args[1]
    const given = type === T.FUNC || type === T.JAVASCRIPT ? toFunc(call.val(1), 'constant') : undefined
    return replaceRows(call, (old) => {
      if (old === null) return null
      const value = given ?? call.val(1, true)
      const patch = asDatum(value instanceof Func ? value.call([old], true) : value)
      return patch === null ? old : merge(old, patch)
    })
  },
  replace(call) {
    const func = writer(call)
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
