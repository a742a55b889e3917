// Facets: aggregates over the records of a call, by group.

import { type Row as EvaluatedRow, evaluate } from './expression/evaluate.ts'
import { type Expression, type FieldTypes, parseExpression } from './expression/parse.ts'
import { Refusal, requireText } from './response.ts'

export interface Facet {
  /** At most one expression; without one, all records form one group. */
  group?: string[]
  /** `SUM(e)`, `MIN(e)`, `MAX(e)`, `COUNT(*)`; the text becomes the key in the result. */
  aggregate: string[]
}

type Kind = 'SUM' | 'MIN' | 'MAX' | 'COUNT'

interface Aggregate {
  readonly text: string
  readonly kind: Kind
  readonly of: Expression | undefined
}

interface CompiledFacet {
  readonly group: { readonly text: string; readonly of: Expression } | undefined
  readonly aggregates: readonly Aggregate[]
}

/** A record's fields and its distance. */
export interface MeasuredRow {
  readonly row: EvaluatedRow
  readonly distance: number
}

/** Checks facets; undefined if there are none. @throws Refusal */
export function readFacets(facets: unknown, fields: FieldTypes, status: number): CompiledFacet[] | undefined {
  if (!Array.isArray(facets) || facets.length === 0) return undefined
  try {
    return facets.map((facet) => readFacet(facet ?? {}, fields))
  } catch (error) {
    // A wrong expression has the status that it has in a filter, a wrong facet has 500.
    if (error instanceof Refusal && error.statusCode !== 500) throw new Refusal(status, error.message)
    throw error
  }
}

function readFacet({ group, aggregate }: Partial<Facet>, fields: FieldTypes): CompiledFacet {
  if (!Array.isArray(aggregate) || aggregate.length === 0) throw new Refusal(500, 'Aggregation is not specified.')
  const groups: readonly unknown[] = Array.isArray(group) ? group : (group ?? undefined) === undefined ? [] : [group]
  for (const one of [...groups, ...aggregate] as unknown[]) requireText(one, 'expression', 500)
  if (groups.length > 1) {
    throw new Refusal(500, `Multi-expression group is not supported yet: ${JSON.stringify(groups)}`)
  }
  const text = groups[0] as string | undefined
  const of = text === undefined ? undefined : parseExpression(text, fields)
  if (of?.type === 'point') throw new Refusal(500, 'Group by expression must be int, double, bool, or string.')
  return {
    group: of === undefined ? undefined : { text: text!, of },
    aggregates: aggregate.map((one) => readAggregate(one, fields)),
  }
}

function readAggregate(text: string, fields: FieldTypes): Aggregate {
  const [, name = '', inner = ''] = /^\s*(sum|min|max|count)\s*\(([\s\S]*)\)\s*$/i.exec(text) ?? []
  const kind = name.toUpperCase() as Kind
  const isCount = kind === 'COUNT'
  if (name === '' || (isCount && inner.trim() !== '*') || (!isCount && inner.trim() === '')) {
    throw new Refusal(500, `Invalid aggregation expression: ${text}`)
  }
  return { text, kind, of: isCount ? undefined : parseExpression(inner, fields) }
}

export function computeFacets(facets: readonly CompiledFacet[], rows: readonly MeasuredRow[]): object[][] {
  return facets.map(({ group, aggregates }) => {
    const groups = new Map<unknown, MeasuredRow[]>()
    for (const measured of rows) {
      const key = group === undefined ? undefined : evaluate(group.of, measured.row, measured.distance)
      const members = groups.get(key)
      if (members === undefined) groups.set(key, [measured])
      else members.push(measured)
    }
    return [...groups].map(([key, members]) => {
      const result: Record<string, unknown> = group === undefined ? {} : { [group.text]: key }
      for (const aggregate of aggregates) result[aggregate.text] = compute(aggregate, members)
      return result
    })
  })
}

function compute({ kind, of }: Aggregate, rows: readonly MeasuredRow[]): unknown {
  if (of === undefined) return rows.length
  const values = rows.map(({ row, distance }) => evaluate(of, row, distance))
  if (kind === 'SUM') {
    let sum = 0
    for (const value of values) if (typeof value === 'number' || typeof value === 'bigint') sum += Number(value)
    return sum
  }
  return values.reduce((best, value) => ((kind === 'MIN' ? value < best : value > best) ? value : best))
}
