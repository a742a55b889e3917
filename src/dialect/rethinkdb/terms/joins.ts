// Joins: every pair, or by a key.

import { asBool, asObject, type Datum, field } from '../datum.ts'
import { Failure, fail } from '../errors.ts'
import { type Call, concatenated, derive, withStep } from '../evaluate.ts'
import { merge } from '../fields.ts'
import { requirePrimaryKey, requireSecondaryBound } from '../key.ts'
import type { Operations } from '../registry.ts'
import { asDatum, collect, type Pull, pullArray, TableSlice, type Val, wrongKind } from '../values.ts'
import { openSlice } from './reading.ts'

function pairs(call: Call, isOuter: boolean): Val {
  const left = call.first
  let right: Datum[] | undefined
  const func = call.func(2)
  const expand = (a: Datum): Pull => {
    const found: Datum[] = []
    right ??= collect(call.stream(1).pull, call.query)
    for (const b of right) if (asBool(asDatum(func.call([a, b])))) found.push({ left: a, right: b })
    if (isOuter && found.length === 0) found.push({ left: a })
    return pullArray(found)
  }
  return derive(call, left, (pull) => concatenated(pull, expand), false)
}

function eqJoin(call: Call): Val {
  const func = call.func(1, 'field')
  const right = call.val(2)
  if (!(right instanceof TableSlice) || !right.isWhole)
    return call.blame(2, (value) => wrongKind('TABLE', value), right)
  const index = call.textOption('index')
  const isPrimary = index === undefined || index === right.table.primaryKey
  const expand = (row: Datum): Pull => {
    if (row === null) return () => undefined
    let key: Datum
    try {
      key = asDatum(func.call([row]))
      if (key === null) return () => undefined
    } catch (error) {
      if (error instanceof Failure && error.isMissing) return () => undefined
      throw error
    }
    isPrimary ? requirePrimaryKey(key) : requireSecondaryBound(key)
    const slice = { ...right.slice, index, keys: [key] }
    const pull = openSlice(slice)
    return () => {
      const found = pull()
      return found === undefined ? undefined : { left: row, right: found }
    }
  }
  return derive(call, call.first, (pull) => concatenated(pull, expand), false)
}

function zip(call: Call): Val {
  const apply = (row: Datum): Datum => {
    const pair = asObject(row)
    const left = field(pair, 'left')
    if (left === undefined) fail('ZIP can only be called on the result of a join.')
    const right = field(pair, 'right')
    return right === undefined ? left : merge(asObject(left), right)
  }
  return withStep(call, call.first, { kind: 'zip', apply, isFixed: true })
}

export const joinTerms: Operations = {
  innerJoin: (call) => pairs(call, false),
  outerJoin: (call) => pairs(call, true),
  eqJoin,
  zip,
}
