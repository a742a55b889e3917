// Finds the parameter of a request that has the wrong kind. It runs only after a call has failed, even if JavaScript
// itself refused a value: correct programs pay nothing for it.

import { Code, MilvusError, shown } from '../errors.ts'

type Kind = 'a string' | 'a number' | 'a list of strings' | 'a list of objects' | 'an object' | 'a function'

const NAMES: Readonly<Record<Kind, string>> = {
  'a string':
    'collection_name new_collection_name db_name new_db_name partition_name partition_key_field clustering_key_field alias field_name index_name anns_field filter expr description metric_type index_type primary_field_name vector_field_name group_by_field collectionName dbName name',
  'a number': 'timeout limit topk offset dimension num_partitions shards_num group_size batchSize round_decimal',
  'a list of strings':
    'partition_names collection_names output_fields group_by_fields delete_keys input_field_names output_field_names',
  'a list of objects': 'functions field_ops',
  'an object':
    'exprValues filter_params transformers rerank search_params request extra_params highlighter type_params',
  'a function': 'external_filter_fn',
}

const KINDS = new Map<string, Kind>(
  Object.entries(NAMES).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind as Kind] as const)),
)

/** Parameters of the request itself, by name. */
const TOP = new Map<string, Kind>([
  ['fields', 'a list of objects'],
  ['schema', 'a list of objects'],
  ['field', 'an object'],
])

/** Values that belong to the program: their names mean nothing here. */
const OWN = new Set([
  'data',
  'fields_data',
  'exprValues',
  'filter_params',
  'ids',
  'vector',
  'vectors',
  'transformers',
  'analyzer_params',
  'multi_analyzer_params',
])

/** Parameters that take code. */
const CODE = new Set(['transformers', 'external_filter_fn'])

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'a string':
      return typeof value === 'string'
    case 'a number':
      return typeof value === 'number' || (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)))
    case 'a list of strings':
      return Array.isArray(value) && Array.from(value).every((item) => typeof item === 'string')
    case 'a list of objects':
      return Array.isArray(value) && Array.from(value).every(isObject)
    case 'an object':
      return isObject(value)
    default:
      return typeof value === 'function'
  }
}

function wrong(path: string, what: string, value: unknown): MilvusError {
  const reason = `${path} ${what}, got ${shown(value)}: invalid parameter`
  return new MilvusError(Code.Parameter, reason, { isThrown: true })
}

/** Values that make no sense as text. What a number or a flag means in such a place is for Milvus to say. */
function isOdd(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0 || Array.from(value).some((item) => item == null || isOdd(item))
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
}

/** The first parameter of the wrong kind; only odd values unless the failure is JavaScript's own. */
function wrongKind(value: unknown, path: string, depth: number, isNative: boolean): MilvusError | undefined {
  if (!isObject(value) || depth > 5 || ArrayBuffer.isView(value)) return undefined
  for (const [name, inner] of entriesOf(value)) {
    const place = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    const kind = Array.isArray(value) ? undefined : ((depth === 0 ? TOP.get(name) : undefined) ?? KINDS.get(name))
    const isGiven = kind !== undefined && inner !== undefined && inner !== null
    if (isGiven && (isNative || isOdd(inner)) && !isOf(kind, inner)) {
      return wrong(place, `is ${kind}`, inner)
    }
    const found = OWN.has(name) ? undefined : wrongKind(inner, place, depth + 1, isNative)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The first value that no parameter can be: code, a value without a text, or a bigint outside the program's own values.
 */
function unspeakable(value: unknown, path: string, depth: number, isOwn = false): MilvusError | undefined {
  const isCode = typeof value === 'function' || typeof value === 'symbol'
  const isLong = !isOwn && (typeof value === 'bigint' || value instanceof BigInt64Array)
  if (isCode || isLong || (isObject(value) && !hasText(value))) {
    return wrong(path || 'the request', 'is not a value that a request can hold', value)
  }
  if (!isObject(value) || depth > 5 || ArrayBuffer.isView(value)) return undefined
  for (const [name, inner] of entriesOf(value)) {
    const place = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    const found = CODE.has(name) ? undefined : unspeakable(inner, place, depth + 1, isOwn || OWN.has(name))
    if (found !== undefined) return found
  }
  return undefined
}

function hasText(value: object): boolean {
  try {
    return String(value) !== undefined
  } catch {
    return false
  }
}

function entriesOf(value: object): [string, unknown][] {
  // Holes in lists count.
  return Array.isArray(value) ? Array.from(value, (item, i) => [String(i), item]) : Object.entries(value)
}

/** Why a call failed, if the request shows it; otherwise the failure unchanged. */
export function explained(error: unknown, request: unknown): unknown {
  const isNative = !(error instanceof MilvusError)
  try {
    if (request !== undefined && !isObject(request))
      return isNative ? wrong('the request', 'is an object', request) : error
    const found = wrongKind(request, '', 0, isNative) ?? (isNative ? unspeakable(request, '', 0) : undefined)
    return found ?? error
  } catch {
    return error
  }
}
