// The aggregates requested of groupBy, checked.

import { TypeMismatchError, UsageError, unknownOption } from '../../error/index.ts'
import type { Value } from '../../value/index.ts'
import { isObject } from '../merge.ts'
import { describe, requirePath } from '../options.ts'
import { type Accumulator, Average, Extreme, Sum } from './accumulate.ts'

/** One aggregate: the number of documents, or a function of the values at a path. */
export type Aggregate =
  | { readonly $count: true }
  | { readonly $sum: string }
  | { readonly $avg: string }
  | { readonly $min: string }
  | { readonly $max: string }

/** Aggregates by their names in the rows. */
export type Aggregates = Readonly<Record<string, Aggregate>>

type AggregateValue<A> = A extends { readonly $count: true }
  ? number
  : A extends { readonly $sum: string }
    ? number | bigint
    : A extends { readonly $avg: string }
      ? number | null
      : Value

/** A row of groupBy; `key` is undefined for documents without the field. */
export type GroupRow<A extends Aggregates = Aggregates> = {
  readonly key: Value | undefined
  readonly count: number
} & { readonly [Name in keyof A]: AggregateValue<A[Name]> }

/** One aggregate; without a path it counts documents. */
export interface AggregateRequest {
  readonly name: string
  readonly path: string | undefined
  readonly operator: AggregateOperator
}

const OPERATORS = ['$count', '$sum', '$avg', '$min', '$max'] as const
export type AggregateOperator = (typeof OPERATORS)[number]

export function aggregateRequests(aggregates: unknown): readonly AggregateRequest[] {
  if (!isObject(aggregates)) {
    throw new TypeMismatchError(
      `the aggregates of groupBy are { name: { $operator: field } }, got ${describe(aggregates)}`,
    )
  }
  return Object.keys(aggregates).map((name) => aggregateRequest(name, aggregates[name]))
}

function aggregateRequest(name: string, aggregate: unknown): AggregateRequest {
  const where = `in aggregate "${name}" of groupBy`
  const isCount = isObject(aggregate) && aggregate['$count'] === true
  if (name === 'key' || (name === 'count' && !isCount)) {
    const what = name === 'key' ? 'group' : 'number of documents'
    throw new UsageError(`groupBy: "${name}" is what the rows call their ${what}; give the aggregate another name`)
  }
  if (!isObject(aggregate)) {
    throw new TypeMismatchError(`${where}: { $operator: field } is expected, got ${describe(aggregate)}`)
  }
  const given = Object.keys(aggregate)
  for (const operator of given) {
    if (!(OPERATORS as readonly string[]).includes(operator)) throw unknownOption(operator, OPERATORS, where)
  }
  if (given.length !== 1)
    throw new UsageError(`${where}: one of ${OPERATORS.join(', ')} is expected, got ${given.length}`)
  const operator = given[0] as AggregateOperator
  const operand = aggregate[operator]
  if (operator === '$count') {
    if (operand !== true) throw new TypeMismatchError(`${where}: $count takes true, got ${describe(operand)}`)
    return { name, path: undefined, operator }
  }
  return { name, path: requirePath(operand, `${where}: ${operator}`), operator }
}

export function accumulatorOf(operator: Exclude<AggregateOperator, '$count'>): Accumulator {
  switch (operator) {
    case '$sum':
      return new Sum()
    case '$avg':
      return new Average()
    case '$min':
      return new Extreme(1)
    case '$max':
      return new Extreme(-1)
  }
}
