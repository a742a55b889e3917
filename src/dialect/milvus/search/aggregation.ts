// search_aggregation: groups the hits of a search into buckets by fields, each with measures, its best hits, and
// buckets inside it.

import type { Entry } from '../catalog.ts'
import { DataType } from '../enums.ts'
import { Code, invalid, MilvusError } from '../errors.ts'
import { filler } from '../paths.ts'
import { identityOf } from '../query-groups.ts'
import { compareKeys, type Key, type Projection, project } from '../read.ts'
import type { Row } from '../rows.ts'
import { isIntegerType } from '../schema.ts'
import type { AggregationBucket, AggregationHit } from '../types/index.ts'
import { decoderOf, type LongForm } from '../values.ts'
import { measureOf, type Operation, type Source, sourceOf } from './measures.ts'
import type { Found } from './search.ts'
import { hitPages } from './search-pages.ts'
import type { Given, SearchPlan } from './search-plan.ts'

const OPERATIONS = ['avg', 'sum', 'count', 'min', 'max']
const DIRECTIONS = ['asc', 'desc']
const DEPTH_MAX = 4
/** Number of hits that are considered, nearest first. */
const CANDIDATES_MAX = 16_384
const SCORE = '_score'

interface Sort {
  readonly name: string
  readonly isDescending: boolean
}

/** One checked level. */
interface Level {
  readonly fields: readonly string[]
  readonly size: number
  readonly metrics: readonly { readonly alias: string; readonly operation: Operation; readonly name: string }[]
  readonly order: readonly Sort[]
  readonly hits: { readonly size: number; readonly sort: readonly Sort[] } | undefined
  readonly inner: Level | undefined
}

function refused(reason: string): MilvusError {
  return new MilvusError(Code.Parameter, reason, { isThrown: true })
}

function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function requireSize(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw refused(`search_aggregation.${what} must be a positive integer`)
}

/** Throws what the SDK throws for a request that combines aggregation with something it excludes. */
export function requireAlone(data: Given, isHybrid: boolean): void {
  if (isHybrid) throw refused('search_aggregation is not supported for hybrid search')
  if (data['highlighter']) throw refused('highlighter and search_aggregation cannot be used simultaneously')
  const inner = [data, data['params'], data['search_params']].filter(isObject)
  for (const name of ['group_by_field', 'group_by_fields']) {
    const isGiven = inner.some((one) => [one[name] ?? []].flat().some((value) => String(value).trim() !== ''))
    if (isGiven) throw refused(`search_aggregation and ${name} are mutually exclusive`)
  }
  if (inner.some((one) => Number(one['offset'] ?? 0) > 0)) {
    throw refused('offset is not supported with search_aggregation')
  }
}

function levelOf(given: unknown, depth = 1): Level {
  if (!isObject(given)) throw refused('search_aggregation must be an object')
  if (depth > DEPTH_MAX) throw refused(`search_aggregation supports at most ${DEPTH_MAX} levels`)
  const { fields, size, metrics = {}, top_hits, sub_aggregation } = given
  if (!Array.isArray(fields) || fields.length === 0) {
    throw refused('search_aggregation.fields must be a non-empty array of strings')
  }
  for (const field of fields) {
    if (!isName(field)) throw refused('search_aggregation.fields must contain non-empty strings')
    if (/[[\]]/.test(field)) throw refused('search_aggregation.fields does not support bracketed JSON paths')
  }
  const count = requireSize(size, 'size')
  if (!isObject(metrics)) throw refused('search_aggregation.metrics must be an object')
  const measures = Object.entries(metrics).map(([alias, one]) => metricOf(alias, one))
  const keys = [...Object.keys(metrics), '_count', '_key']
  const order = sortsOf(given['order'], 'order', 'key')
  for (const { name } of order) {
    if (!keys.includes(name)) throw refused('search_aggregation.order.key must be a metric alias, _count, or _key')
  }
  if (top_hits !== undefined && !isObject(top_hits)) throw refused('search_aggregation.top_hits must be an object')
  return {
    fields,
    size: count,
    metrics: measures,
    order,
    hits:
      top_hits === undefined
        ? undefined
        : {
            size: requireSize(top_hits['size'], 'top_hits.size'),
            sort: sortsOf(top_hits['sort'], 'top_hits.sort', 'field_name'),
          },
    inner: sub_aggregation === undefined ? undefined : levelOf(sub_aggregation, depth + 1),
  }
}

function metricOf(alias: string, given: unknown): Level['metrics'][number] {
  const name = `search_aggregation.metrics.${alias}`
  if (!isName(alias)) throw refused('search_aggregation metric aliases must be non-empty')
  if (!isObject(given)) throw refused(`${name} must be an object`)
  const { op, field_name: field } = given
  if (!OPERATIONS.includes(op as string)) throw refused(`${name}.op must be one of ${OPERATIONS.join(', ')}`)
  if (!isName(field)) throw refused(`${name}.field_name must be non-empty`)
  if (field === '*' && op !== 'count') throw refused("'*' is only valid for the count metric")
  return { alias, operation: op as Operation, name: field }
}

function sortsOf(given: unknown, what: string, key: string): Sort[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw refused(`search_aggregation.${what} must be an array`)
  return given.map((item) => {
    if (!isObject(item) || !isName(item[key])) throw refused(`search_aggregation.${what}.${key} must be non-empty`)
    if (!DIRECTIONS.includes(item['direction'] as string)) {
      throw refused(`search_aggregation.${what}.direction must be 'asc' or 'desc'`)
    }
    return { name: item[key], isDescending: item['direction'] === 'desc' }
  })
}

function levelsOf(level: Level): Level[] {
  return level.inner === undefined ? [level] : [level, ...levelsOf(level.inner)]
}

/** The buckets of each query in turn. */
export async function bucketsOf(
  plan: SearchPlan,
  given: unknown,
  projection: Projection,
  long: LongForm,
): Promise<AggregationBucket[][]> {
  const { entry } = plan
  const root = levelOf(given)
  const levels = levelsOf(root)
  const fields = levels.flatMap((level) => level.fields)
  for (const name of fields) requireKey(entry, name)
  const measured = levels.flatMap((level) => level.metrics).filter(({ name }) => name !== SCORE)
  const sources = measured.flatMap(({ operation, name }) => sourceOf(entry, operation, name).field?.name ?? [])
  const sorted = levels.flatMap((level) => level.hits?.sort ?? []).map(({ name }) => name)
  for (const name of sorted) if (name !== SCORE) requireSortable(entry, name)
  const select = [...projection.select, ...fields, ...sources, ...sorted.filter((name) => name !== SCORE)]
  // For each whole key, as many hits are kept as the largest list of hits needs.
  const kept = Math.max(...levels.map(({ hits }) => hits?.size ?? 1))
  const builder = new Builder(entry, projection, long)
  const answers: AggregationBucket[][] = []
  for (const query of plan.queries) {
    const pages = hitPages({ ...plan, queries: [query] }, [...new Set(select)], 1_024, CANDIDATES_MAX)
    answers.push(builder.buckets(root, await firstOfEach(pages, fields, kept, filler(entry.schema))))
  }
  return answers
}

/** The nearest hits of each combination of values in the fields, at most `kept` of each. */
async function firstOfEach(
  pages: AsyncIterable<readonly Found[]>,
  fields: readonly string[],
  kept: number,
  fill: (row: Row) => Row,
): Promise<Found[]> {
  const counts = new Map<string, number>()
  const hits: Found[] = []
  for await (const page of pages) {
    for (const found of page) {
      const hit = { ...found, row: fill(found.row) }
      const key = identityOf(fields.map((name) => hit.row[name]))
      const count = counts.get(key) ?? 0
      if (count === kept) continue
      counts.set(key, count + 1)
      hits.push(hit)
    }
  }
  return hits
}

function requireKey({ schema }: Entry, name: string): void {
  const field = schema.byName.get(name)
  if (field === undefined) throw invalid(`search_aggregation field ${name} not exist`)
  const { type } = field
  const isFit =
    isIntegerType(type) || type === DataType.VarChar || type === DataType.Bool || type === DataType.Timestamptz
  if (!isFit) throw invalid(`search_aggregation field ${name} of type ${DataType[type]} is not supported`)
}

function requireSortable({ schema }: Entry, name: string): void {
  const field = schema.byName.get(name)
  if (field === undefined) throw invalid(`top_hits.sort field ${name} not exist`)
  if (field.type > DataType.VarChar && field.type !== DataType.Timestamptz) {
    throw invalid(`top_hits.sort field ${name} of type ${DataType[field.type]} is not supported`)
  }
}

/** Missing values come last in either direction. */
function compareMaybe(x: unknown, y: unknown, isDescending: boolean): number {
  if (x === undefined || x === null || y === undefined || y === null) {
    return Number(x === undefined || x === null) - Number(y === undefined || y === null)
  }
  const sign = compareKeys(x as Key, y as Key)
  return isDescending ? -sign : sign
}

class Builder {
  readonly #entry: Entry
  readonly #projection: Projection
  readonly #long: LongForm

  constructor(entry: Entry, projection: Projection, long: LongForm) {
    this.#entry = entry
    this.#projection = projection
    this.#long = long
  }

  /** Hits come best first; so do buckets unless another order is given. */
  buckets(level: Level, hits: readonly Found[]): AggregationBucket[] {
    const groups = new Map<string, Found[]>()
    for (const hit of hits) {
      const key = identityOf(level.fields.map((name) => hit.row[name]))
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [hit])
      else group.push(hit)
    }
    const isMeasured = level.order.some(({ name }) => level.metrics.some(({ alias }) => alias === name))
    const made = [...groups.values()].map((group) => ({
      group,
      measured: isMeasured ? this.#measured(level, group, (value) => value) : {},
    }))
    made.sort((a, b) => {
      for (const { name, isDescending } of level.order) {
        const sign =
          name === '_count'
            ? compareMaybe(a.group.length, b.group.length, isDescending)
            : name === '_key'
              ? this.#compareFields(level.fields, a.group[0]!.row, b.group[0]!.row, isDescending)
              : compareMaybe(a.measured[name], b.measured[name], isDescending)
        if (sign !== 0) return sign
      }
      return 0
    })
    return made.slice(0, level.size).map(({ group }) => this.#bucket(level, group))
  }

  #compareFields(fields: readonly string[], a: Row, b: Row, isDescending: boolean): number {
    for (const name of fields) {
      const sign = compareMaybe(a[name], b[name], isDescending)
      if (sign !== 0) return sign
    }
    return 0
  }

  #measured(level: Level, group: readonly Found[], long: LongForm): Record<string, unknown> {
    const measured: Record<string, unknown> = {}
    for (const { alias, operation, name } of level.metrics) {
      const source: Source = name === SCORE ? { field: undefined } : sourceOf(this.#entry, operation, name)
      const measure = measureOf(operation, source, long)
      for (const { score, row } of group) measure.add(name === SCORE ? score : name === '*' ? true : row[name])
      measured[alias] = measure.result()
    }
    return measured
  }

  #bucket(level: Level, group: readonly Found[]): AggregationBucket {
    const { byName } = this.#entry.schema
    const first = group[0]!.row
    const bucket = {
      key: level.fields.map((name) => ({
        field_id: this.#long(byName.get(name)!.id),
        field_name: name,
        value: this.#scalar(name, first[name]),
      })),
      count: this.#long(group.length),
      metrics: this.#measured(level, group, this.#long),
      hits: this.#hits(level, group),
      sub_groups: level.inner === undefined ? [] : this.buckets(level.inner, group),
    }
    return bucket as AggregationBucket
  }

  /** Integers of every width are sent as 64-bit ones. */
  #scalar(name: string, value: unknown): unknown {
    if (value === undefined || value === null) return undefined
    const field = this.#entry.schema.byName.get(name)!
    return isIntegerType(field.type) ? this.#long(value as number) : decoderOf(field, this.#long)(value)
  }

  #hits({ hits }: Level, group: readonly Found[]): AggregationHit[] {
    if (hits === undefined) return []
    const sorted = [...group].sort((a, b) => {
      for (const { name, isDescending } of hits.sort) {
        const [x, y] = name === SCORE ? [a.score, b.score] : [a.row[name], b.row[name]]
        const sign = compareMaybe(x, y, isDescending)
        if (sign !== 0) return sign
      }
      return 0
    })
    const { primary, byName } = this.#entry.schema
    return sorted.slice(0, hits.size).map(({ score, row }) => {
      const shown = project(this.#projection, row, {
        score,
        [primary.name]: this.#scalar(primary.name, row[primary.name]),
      })
      for (const name of Object.keys(shown)) {
        const field = byName.get(name)
        if (field !== undefined && shown[name] === null) delete shown[name]
        else if (field !== undefined && isIntegerType(field.type)) shown[name] = this.#scalar(name, row[name])
      }
      return shown as AggregationHit
    })
  }
}
