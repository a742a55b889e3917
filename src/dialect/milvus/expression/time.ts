// Comparisons of Timestamptz fields: by the moment that a text stands for, not by its spelling.

import type { FilterNode } from '../../../query/index.ts'
import { timeOf } from '../values.ts'
import { type Interval, nameOf, type Value } from './operand.ts'
import { ExpressionError } from './tokens.ts'

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

/** Compares a time field on the left with a constant on the right. */
export function timeNode(operator: string, left: Value, right: Value): FilterNode {
  const text = timeOf(right.constant, left.field?.zone)
  if (left.type !== 'time' || left.isComputed || text === undefined) {
    throw new ExpressionError(`a time is compared with ISO 8601 texts, got ${nameOf(right)}`, right.at)
  }
  const moment = momentOf(text)
  const holds = HOLDS[operator]!
  const { shift } = left
  return {
    kind: 'test',
    operand: left.operand,
    test: (value) => typeof value === 'string' && holds(momentOf(value, shift) - moment),
    absent: 'unknown',
    isNullAbsent: true,
  }
}

const INTERVAL =
  /^(-)?P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Shifts a time field by an ISO 8601 duration. */
export function shiftedTime(operator: string, time: Value, { constant, at }: Value): Value {
  const parts = INTERVAL.exec(String(constant))
  if (parts === null) throw new ExpressionError(`${JSON.stringify(constant)} is not an ISO 8601 duration`, at)
  if ((operator !== '+' && operator !== '-') || time.shift !== undefined) {
    throw new ExpressionError('one INTERVAL is added to a time, or taken from it', at)
  }
  const [years, months, weeks, days, hours, minutes, seconds] = parts.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const sign = (operator === '-') === (parts[1] === undefined) ? -1 : 1
  const inSeconds = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  const shift = { months: sign * (years * 12 + months), microseconds: sign * Math.round(inSeconds * 1e6) }
  return { ...time, shift }
}

/** The moment of a text in microseconds. */
function momentOf(text: string, shift: Interval = { months: 0, microseconds: 0 }): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  const below = Number(fraction.padEnd(6, '0').slice(3, 6))
  return monthsLater(Date.parse(text), shift.months) * 1000 + below + shift.microseconds
}

/** The same day and time in another month, or its last day. */
function monthsLater(ms: number, months: number): number {
  if (months === 0) return ms
  const date = new Date(ms)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
  return date.getTime()
}
