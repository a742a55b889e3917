// What an index may be: its type, metric and parameters, by the field that it is on.

import type { Entry, IndexRecord } from './catalog.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD, IndexType, MetricType } from './enums.ts'
import { invalid, told, unexpected } from './errors.ts'
import { metricOf } from './metrics.ts'
import { dimOf, type Field, fieldAt, isIntegerType, isText, isVectorType } from './schema.ts'

type Given = Record<string, unknown>

const DENSE_METRICS = ['L2', 'IP', 'COSINE']
const STRUCT_METRICS = ['MAX_SIM', 'MAX_SIM_COSINE', 'MAX_SIM_IP', 'MAX_SIM_L2', 'COSINE', 'IP', 'L2']
const BINARY_METRICS = ['HAMMING', 'JACCARD', 'MHJACCARD']
const SCALAR_INDEXES = ['STL_SORT', 'Trie', 'TRIE', 'INVERTED', 'BITMAP', 'RTREE', 'NGRAM', 'FMINDEX', 'AUTOINDEX']

/** Whether an index type suits a kind of field. */
function fits(type: string, field: Field): boolean {
  const known = Object.values(IndexType) as string[]
  if (type === 'AUTOINDEX') return true
  if (field.type === DataType.SparseFloatVector) return type.startsWith('SPARSE_')
  if (field.type === DataType.BinaryVector) return type.startsWith('BIN_') || type === 'HNSW' || type === 'MINHASH_LSH'
  if (isVectorType(field.type)) {
    return known.includes(type) && !SCALAR_INDEXES.includes(type) && !/^(SPARSE|BIN)_|MINHASH/.test(type)
  }
  return SCALAR_INDEXES.includes(type) && fitsScalar(type, field)
}

/** Whether a scalar index of this type can be on a field, or on values inside it. */
function fitsScalar(type: string, field: Field): boolean {
  const kind = field.type === DataType.Array ? field.element : field.type
  const isPlain = kind === field.type
  switch (type.toUpperCase()) {
    case 'TRIE':
      return isPlain && isText(kind)
    case 'NGRAM':
      return isPlain && (isText(kind) || kind === DataType.JSON)
    case 'RTREE':
      return kind === DataType.Geometry
    case 'STL_SORT':
      return isPlain && kind !== DataType.Bool && kind !== DataType.Geometry
    case 'BITMAP':
      if (field.isPrimary) return false
      return kind === DataType.Bool || isIntegerType(kind) || isText(kind) || kind === DataType.JSON
    default:
      return kind !== DataType.Geometry
  }
}

function metricsOf(field: Field, type: string): readonly string[] {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? ['BM25'] : ['IP']
  if (field.type !== DataType.BinaryVector) return DENSE_METRICS
  if (type === 'MINHASH_LSH' || field.isFunctionOutput) return ['MHJACCARD']
  return /^(BIN_FLAT|AUTOINDEX)$/.test(type) ? BINARY_METRICS : BINARY_METRICS.slice(0, 2)
}

const OWN_KEYS = ['index_type', 'metric_type', 'params']

function paramsText(params: unknown): string {
  try {
    return JSON.stringify(params)
  } catch (cause) {
    throw invalid(`params of an index is JSON: ${(cause as Error).message}`)
  }
}

/** The field that an index is named on, and whether keys inside it are named. */
function targetOf({ schema }: Entry, name: string) {
  const own = fieldAt(schema, name)
  if (own !== undefined && (own.owner !== undefined || own.field.name === name)) return own
  const field = schema.byName.get(/^\w+/.exec(name)?.[0] ?? '')
  return field === undefined || field.type === DataType.JSON ? field && { field, owner: undefined } : undefined
}

/** An index as requested, in any form of the request. */
export function indexOf(entry: Entry, data: Given): IndexRecord {
  const name = data['field_name'] as string
  const target = targetOf(entry, name ?? '')
  const field = target?.field
  if (field === undefined && !entry.schema.isDynamic) {
    throw unexpected(`cannot create index on non-exist field: ${told(name)}`)
  }
  const given: Given = { ...(data['extra_params'] as Given | undefined) }
  if (data['params'] !== undefined) given['params'] = paramsText(data['params'])
  for (const key of ['index_type', 'metric_type']) if (data[key]) given[key] = data[key]
  const rawParams = given['params']
  const params = typeof rawParams === 'object' && rawParams !== null ? paramsText(rawParams) : (rawParams as string)
  let inner: Given = {}
  try {
    inner = (JSON.parse(params ?? '{}') ?? {}) as Given
  } catch {
    throw invalid(`params of an index is JSON, got ${params}`)
  }
  // A key of the dynamic field has the type that the request gives it.
  if (field === undefined && ({ ...given, ...inner }['json_cast_type'] ?? '') === '') {
    throw unexpected(`cannot create index on non-exist field: ${told(name)}`)
  }
  const type = String(given['index_type'] ?? inner['index_type'] ?? 'AUTOINDEX')
  const isVector = field !== undefined && isVectorType(field.type)
  if (field === undefined ? !SCALAR_INDEXES.includes(type) : !fits(type, field)) {
    throw invalid(`invalid index type: ${type} on field ${name}`, 'valid index', type)
  }
  const metric = (given['metric_type'] ?? inner['metric_type']) as string | undefined
  if (isVector && metric) {
    const wanted = String(metric).toUpperCase()
    const fit = target?.owner === undefined ? metricsOf(field, type) : STRUCT_METRICS
    if (!(wanted in MetricType) || !fit.includes(wanted)) {
      throw invalid(
        `index ${type} on field ${name}: metric type ${metric} not found or not supported`,
        fit.join(' '),
        metric,
      )
    }
  }
  checkParams({ ...given, ...inner }, type, field)
  if (!isVector) checkScalarParams({ ...given, ...inner }, type, field)
  const extra: Record<string, string> = {}
  for (const [key, value] of Object.entries(given)) if (!OWN_KEYS.includes(key)) extra[key] = String(value)
  const indexName = (data['index_name'] as string | undefined) || name
  const base = { name: indexName, id: '', field: name, type, extra }
  return {
    ...base,
    ...(isVector ? { metric: metric ? String(metric).toUpperCase() : ownMetric(type, field, target?.owner) } : {}),
    ...(params === undefined ? {} : { params }),
  }
}

/** The metric of an index that does not name one. */
function ownMetric(type: string, field: Field, owner: string | undefined): string {
  return type === 'MINHASH_LSH' ? 'MHJACCARD' : metricOf(field, [], owner)
}

function checkParams(params: Given, type: string, field: Field | undefined): void {
  const within = (key: string, from: number, to: number) => {
    if (params[key] === undefined) return
    const value = Number(params[key])
    if (!(Number.isInteger(value) && value >= from && value <= to)) {
      throw invalid(
        `param '${key}' (${params[key]}) should be in range [${from}, ${to}]`,
        `${from}..${to}`,
        params[key],
      )
    }
  }
  if (type.startsWith('HNSW')) {
    within('M', 2, 2048)
    within('efConstruction', 1, 2 ** 31 - 1)
  }
  if (/IVF|SCANN/.test(type)) within('nlist', 1, 65_536)
  if (type === 'IVF_PQ' && params['m'] !== undefined && dimOf(field!) % Number(params['m']) !== 0) {
    throw invalid(`m of an IVF_PQ index divides the dim of field ${field!.name}`, dimOf(field!), params['m'])
  }
  const drop = params['drop_ratio_build']
  if (drop !== undefined && !(Number(drop) >= 0 && Number(drop) < 1)) {
    throw invalid('drop_ratio_build should be in range [0, 1)', '[0, 1)', drop)
  }
  if (field?.type !== DataType.BinaryVector) return
  const bits = Number(params['mh_element_bit_width'] ?? (field.isFunctionOutput ? 32 : 8))
  if (![8, 16, 32, 64].includes(bits) || dimOf(field) % bits !== 0) {
    const reason = `mh_element_bit_width is 8, 16, 32 or 64, and divides the dim of field ${field.name}`
    throw invalid(reason, '8 16 32 64', params['mh_element_bit_width'])
  }
  if (field.isFunctionOutput && bits !== 32) {
    throw invalid('mh_element_bit_width of signatures that a MINHASH function makes is 32', 32, bits)
  }
  within('mh_lsh_band', 1, dimOf(field) / bits)
}

const CASTS = ['bool', 'double', 'varchar', 'json', 'array_bool', 'array_double', 'array_varchar']

function checkScalarParams(params: Given, type: string, field: Field | undefined): void {
  const { min_gram: least, max_gram: most } = params
  if (type === 'NGRAM' && !(Number(least) >= 1 && Number(most) >= Number(least))) {
    throw invalid('an NGRAM index needs min_gram and max_gram, 1 <= min_gram <= max_gram', '1..', `${least}, ${most}`)
  }
  if (field !== undefined && field.type !== DataType.JSON) return
  const { json_path: path, json_cast_type: cast, json_cast_function: convert } = params
  if (cast !== undefined && !CASTS.includes(String(cast).toLowerCase())) {
    throw invalid(`json_cast_type ${told(cast)} is not supported`, CASTS, cast)
  }
  if (convert !== undefined) {
    const isKnown = String(convert).toUpperCase() === 'STRING_TO_DOUBLE' && /^(array_)?double$/i.test(String(cast))
    if (!isKnown) throw invalid('json_cast_function is STRING_TO_DOUBLE, to double', 'STRING_TO_DOUBLE', convert)
  }
  if (path === undefined) return
  const root = /^(\$?\w+)(\[("([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\d+)\])*$/.exec(String(path))?.[1]
  if (root === undefined || (field !== undefined && root !== field.name && field.name !== DEFAULT_DYNAMIC_FIELD)) {
    const example = `${field?.name ?? DEFAULT_DYNAMIC_FIELD}["key"]`
    throw invalid(`json_path ${told(path)} is no path into what the index is on`, example, path)
  }
}

/** Parameters of an index that may change once it is there. */
const ALTERABLE = ['mmap.enabled', 'warmup', 'offset_cache.enabled', 'indexoffsetcache.enabled']

export function requireAlterable(params: unknown): void {
  for (const [key, value] of Object.entries((params as Given | undefined) ?? {})) {
    if (!ALTERABLE.includes(key)) throw invalid(`${key} is not configable index param`, ALTERABLE, key)
    if (key.endsWith('enabled') && !/^(true|false)$/i.test(String(value))) {
      throw invalid(`${key} is true or false`, 'boolean', value)
    }
  }
}
