// Checks schemas as programs declare them, and converts them to the form that the catalog keeps.

import type { Collection } from '../../engine/index.ts'
import { UnsupportedError } from '../../error/index.ts'
import { analyzerFor, languagesOf } from './analyzers.ts'
import { DataType, DEFAULT_PARTITIONS_NUMBER, FunctionType, MAX_PARTITIONS_NUMBER } from './enums.ts'
import { invalid, MilvusError, told, unexpected, wrongCall } from './errors.ts'
import { geometries } from './lazy.ts'
import { requireSignable } from './minhash.ts'
import {
  convertToDataType,
  dimOf,
  type Field,
  type FunctionSpec,
  isDense,
  isText,
  isVectorType,
  requireName,
} from './schema.ts'
import type { Anything, FunctionObject } from './types/index.ts'
import { CAPACITY_MAX, encoderOf } from './values.ts'

const TYPE_PARAMS = [
  'dim',
  'max_length',
  'max_capacity',
  'enable_match',
  'enable_analyzer',
  'analyzer_params',
  'multi_analyzer_params',
  'mmap.enabled',
]

const FIRST_FIELD_ID = 100
const VECTORS_MAX = 10
const FIELDS_MAX = 64
type Declared = Record<string, Anything>

/** Makes the checks that the SDK makes before it asks a server: they throw, in its order. */
function checkDeclared(fields: readonly Declared[]): void {
  let hasPrimary = false
  let hasVector = false
  let partitionKeys = 0
  const visit = (list: readonly Declared[]): void => {
    for (const field of list) {
      if (!Object.hasOwn(field, 'data_type')) throw wrongCall('CREATE_COLLECTION_MISS_DATA_TYPE')
      const type = convertToDataType(field['data_type'])
      const isKeyType = type === DataType.Int64 || type === DataType.VarChar
      if (field['is_primary_key'] && isKeyType) hasPrimary = true
      if (field['is_partition_key']) {
        if (!isKeyType || field['is_primary_key']) throw wrongCall('INVALID_PARTITION_KEY_FIELD_TYPE')
        partitionKeys++
      }
      const params = field['type_params'] ?? {}
      if (isVectorType(type)) {
        const dim = Number(params.dim ?? field['dim'])
        if (!dim && type !== DataType.SparseFloatVector) throw wrongCall('CREATE_COLLECTION_CHECK_MISS_DIM')
        if (type === DataType.BinaryVector && dim % 8 !== 0) throw wrongCall('CREATE_COLLECTION_CHECK_BINARY_DIM')
        hasVector = true
      }
      if (type === DataType.VarChar && !(params.max_length ?? field['max_length'])) {
        throw wrongCall('CREATE_COLLECTION_CHECK_MISS_MAX_LENGTH')
      }
      if (Array.isArray(field['fields'])) visit(field['fields'])
    }
  }
  visit(fields)
  if (!hasPrimary) throw wrongCall('CREATE_COLLECTION_CHECK_PRIMARY_KEY')
  if (!hasVector) throw wrongCall('CREATE_COLLECTION_CHECK_VECTOR_FIELD_EXIST')
  if (partitionKeys > 1) throw wrongCall('PARTITION_KEY_FIELD_MAXED_OUT')
}

/** A checked schema. */
export interface SchemaSpec {
  readonly fields: Field[]
  readonly functions: FunctionSpec[]
  /** Number of partitions that a partition key routes to; 0 without a partition key. */
  readonly keyedPartitions: number
}

/** Checks the schema that `createCollection` was given. */
export function schemaOf(request: Declared): SchemaSpec {
  const declared = (request['schema'] ?? request['fields']) as Declared[] | undefined
  if (!Array.isArray(declared) || declared.length === 0) throw wrongCall('CREATE_COLLECTION_CHECK_PARAMS')
  if (request['external_source']) requireExternal(request, declared)
  checkDeclared(declared)
  const partitions = request['num_partitions'] as number | undefined
  if (partitions !== undefined && !(partitions >= 1 && partitions <= MAX_PARTITIONS_NUMBER)) {
    throw wrongCall('INVALID_PARTITION_NUM')
  }
  const functions = functionsOf(request['functions'] ?? [])
  const outputs = new Set(functions.flatMap((one) => one.outputs))
  const fields = declared.map((one, index) =>
    fieldOf(
      {
        ...one,
        is_function_output: one['is_function_output'] || outputs.has(one['name']),
        is_partition_key: one['is_partition_key'] || one['name'] === request['partition_key_field'],
        is_clustering_key: one['is_clustering_key'] || one['name'] === request['clustering_key_field'],
      },
      FIRST_FIELD_ID + index,
    ),
  )
  checkFields(fields)
  requireDistinct('function', functions)
  requireDistinct(
    'function output field',
    functions.flatMap((one) => one.outputs.map((name) => ({ name }))),
  )
  for (const one of functions) checkFunction(one, fields)
  const hasKey = fields.some((field) => field.isPartitionKey)
  if (!hasKey && partitions !== undefined && partitions > 1) {
    throw invalid('num_partitions should only be specified with partition key field enabled')
  }
  return { fields, functions, keyedPartitions: hasKey ? (partitions ?? DEFAULT_PARTITIONS_NUMBER) : 0 }
}

/** Refuses collections over external files: there are none in process. */
function requireExternal(request: Declared, fields: readonly Declared[]): never {
  if ('auto_id' in request || fields.some((field) => field['autoID']))
    throw wrongCall('CREATE_EXTERNAL_COLLECTION_AUTO_ID')
  if (fields.some((field) => field['is_primary_key'])) throw wrongCall('CREATE_EXTERNAL_COLLECTION_PRIMARY_KEY')
  throw new UnsupportedError('external collections need a Milvus server; in process there are none', {
    details: { dialect: 'milvus', feature: 'external_source' },
  })
}

/** Converts a declared field to its stored form; throws if the field by itself is wrong. */
export function fieldOf(declared: Declared, id: number, isInStruct = false): Field {
  const name = declared['name']
  requireName(name, 'field')
  const type = convertToDataType(declared['data_type'])
  const element = declared['element_type'] === undefined ? DataType.None : convertToDataType(declared['element_type'])
  const field: { -readonly [K in keyof Field]: Field[K] } = {
    name,
    id,
    type,
    element: type === DataType.Array ? element : DataType.None,
    description: declared['description'] ?? '',
    isPrimary: !!declared['is_primary_key'],
    autoID: !!(declared['autoID'] ?? declared['auto_id']),
    nullable: !!declared['nullable'],
    isPartitionKey: !!declared['is_partition_key'],
    isClusteringKey: !!declared['is_clustering_key'],
    isFunctionOutput: !!declared['is_function_output'],
    params: typeParamsOf(declared),
  }
  if (Array.isArray(declared['fields'])) {
    field.fields = declared['fields'].map((one: Declared, index) => fieldOf(one, id + 1 + index, true))
  }
  checkField(field, isInStruct)
  if (isInStruct) checkPart(field, declared)
  if (declared['default_value'] !== undefined && declared['default_value'] !== null) {
    field.defaultValue = declared['default_value']
  }
  return field
}

function typeParamsOf(declared: Declared): Record<string, string> {
  const params: Record<string, string> = {}
  const given: Declared = { ...declared['type_params'] }
  for (const name of TYPE_PARAMS) if (declared[name] !== undefined) given[name] = declared[name]
  for (const [name, value] of Object.entries(given)) {
    params[name] = typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
  return params
}

function checkRange(field: Field, param: string, from: number, to: number): void {
  const given = field.params[param]
  const value = Number(given)
  if (given !== undefined && Number.isInteger(value) && value >= from && value <= to) return
  throw invalid(`${param} of field ${field.name} should be in [${from}, ${to}]`, `${from}..${to}`, given)
}

function checkField(field: Field, isInStruct: boolean): void {
  const { type, name } = field
  if (DataType[type] === undefined || type === DataType.None || type === DataType.ArrayOfVector) {
    throw invalid(`data type ${type} of field ${name} is not supported`)
  }
  if (type === DataType.Struct) throw invalid(`field ${name}: structs come as elements of an Array`)
  if (isDense(type)) checkDim(field)
  if (type === DataType.VarChar || (isText(type) && field.params['max_length'] !== undefined)) {
    checkRange(field, 'max_length', 1, 65_535)
  }
  const { enable_analyzer: isAnalyzed, enable_match: isMatched } = field.params
  if (isAnalyzed === 'true' || isMatched === 'true') {
    if (!isText(type)) throw invalid(`field ${name} of type ${DataType[type]} can not enable match or analyzer`)
    analyzerFor(field.params['analyzer_params'])
  }
  if (type === DataType.Array) {
    const { element } = field
    const isFit =
      element === DataType.Struct
        ? field.fields !== undefined && !isInStruct
        : element !== DataType.None && element <= DataType.VarChar
    if (isFit && field.fields !== undefined) checkParts(field.name, field.fields)
    if (!isFit) {
      throw invalid(`element type ${DataType[element] ?? element} of field ${name} is not supported`)
    }
    if (field.params['max_capacity'] !== undefined || element !== DataType.Struct) {
      checkRange(field, 'max_capacity', 1, CAPACITY_MAX)
    }
    if (element === DataType.VarChar) checkRange(field, 'max_length', 1, 65_535)
  }
  if (field.isPrimary && field.nullable) throw invalid(`primary field not support null: ${name}`)
  if (field.isPartitionKey && field.nullable) throw invalid(`partition key field not support nullable: ${name}`)
  if (field.autoID && !field.isPrimary) throw invalid(`only primary field can speficy AutoID with true: ${name}`)
}

/** Types of fields in structs, beside the scalars up to Double. */
const PART_TYPES = [
  DataType.VarChar,
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
  DataType.Int8Vector,
]

/** Checks a field of structs: it has a value in each, and is no key. */
function checkPart({ type, name, nullable, ...is }: Field, declared: Declared): void {
  const wrong = (what: string) => invalid(`field ${name} in a struct: ${what}`)
  if (type > DataType.Double && !PART_TYPES.includes(type)) throw wrong(`data type ${DataType[type]} is not supported`)
  if (nullable) throw wrong('nullable is not supported')
  if (declared['default_value'] !== undefined && declared['default_value'] !== null) {
    throw wrong('default_value is not supported')
  }
  if (is.isPrimary || is.isPartitionKey || is.isClusteringKey) throw wrong('it cannot be a key')
}

function checkDim(field: Field): void {
  const isBinary = field.type === DataType.BinaryVector
  const [from, to] = isBinary ? [8, 262_144] : [2, 32_768]
  const dim = dimOf(field)
  if (!Number.isInteger(dim) || dim < from || dim > to) {
    throw unexpected(
      `invalid dimension: ${field.params['dim']} of field ${field.name}. float vector dimension should be in range ${from} ~ ${to}`,
    )
  }
}

function checkParts(name: string, parts: readonly Field[]): void {
  if (parts.length === 0) throw invalid(`array of structs ${name} has no fields`)
  requireDistinct('field', parts)
}

function requireDistinct(noun: string, named: readonly { readonly name: string }[]): void {
  const names = new Set<string>()
  for (const { name } of named) {
    if (names.has(name)) throw invalid(`duplicated ${noun} name: ${name}`)
    names.add(name)
  }
}

/** Checks what can only be wrong between fields. */
export function checkFields(fields: readonly Field[]): void {
  requireDistinct('field', fields)
  if (fields.filter((field) => field.isPrimary).length > 1) throw invalid('there are more than one primary key')
  const primary = fields.find((field) => field.isPrimary)
  if (primary !== undefined && primary.type !== DataType.Int64 && primary.type !== DataType.VarChar) {
    throw wrongCall('CREATE_COLLECTION_CHECK_PRIMARY_KEY')
  }
  if (fields.filter((field) => field.isClusteringKey).length > 1) {
    throw invalid('there are more than one clustering key field')
  }
  const keys = fields.filter((field) => field.isPartitionKey)
  if (keys.length > 1) throw wrongCall('PARTITION_KEY_FIELD_MAXED_OUT')
  for (const key of keys) {
    if (key.isPrimary || (key.type !== DataType.Int64 && key.type !== DataType.VarChar)) {
      throw wrongCall('INVALID_PARTITION_KEY_FIELD_TYPE')
    }
  }
  for (const field of fields) checkLanguages(field, fields)
  if (fields.length > FIELDS_MAX) throw invalid(`maximum field's number should be limited to ${FIELDS_MAX}`)
  const all = fields.flatMap((field) => [field, ...(field.fields ?? [])])
  const vectors = all.filter((field) => isVectorType(field.type)).length
  if (vectors > VECTORS_MAX) throw invalid(`maximum vector field's number should be limited to ${VECTORS_MAX}`)
}

function checkLanguages(field: Field, fields: readonly Field[]): void {
  const languages = languagesOf(field)
  if (languages === undefined) return
  const { analyzer_params: own, enable_analyzer: isAnalyzed, enable_match: isMatched } = field.params
  const wrong = (what: string) => invalid(`multi_analyzer_params of field ${field.name}: ${what}`)
  if (!isText(field.type) || isAnalyzed !== 'true') throw wrong('they are for a VarChar field with enable_analyzer')
  if (own !== undefined) throw wrong('analyzer_params beside them say something else')
  if (isMatched === 'true') throw wrong('they are for BM25 functions, not for enable_match')
  if (fields.find((one) => one.name === languages.by)?.type !== DataType.VarChar) {
    throw wrong(`by_field ${languages.by} is not a VarChar field of the collection`)
  }
}

function functionsOf(given: readonly FunctionObject[]): FunctionSpec[] {
  return given.map((one, index) => {
    const type = typeof one.type === 'string' ? one.type.toUpperCase() : (FunctionType[one.type] ?? told(one.type))
    if (type !== 'BM25' && type !== 'MINHASH') {
      throw unexpected(
        `function ${told(one.name)}: type ${told(one.type)} is not supported in process; BM25 and MINHASH are`,
      )
    }
    return {
      id: FIRST_FIELD_ID + index,
      name: one.name,
      description: one.description ?? '',
      type,
      inputs: [...(one.input_field_names ?? [])],
      outputs: [...(one.output_field_names ?? [])],
      params: { ...one.params },
    }
  })
}

function checkFunction(one: FunctionSpec, fields: readonly Field[]): void {
  const named = (name: string | undefined) => {
    const field = fields.find((field) => field.name === name)
    if (field === undefined) throw invalid(`function ${one.name}: field ${name} not found in collection`)
    return field
  }
  if (one.inputs.length !== 1 || one.outputs.length !== 1) {
    throw invalid(`function ${one.name}: ${one.type} takes one input field and one output field`)
  }
  const input = named(one.inputs[0])
  if (one.type === 'MINHASH') {
    const output = named(one.outputs[0])
    if (output.type !== DataType.BinaryVector) {
      throw invalid(`MINHASH function output field ${output.name} must be a BinaryVector field`)
    }
    requireSignable(one, input, output)
    return
  }
  if (!isText(input.type) || input.params['enable_analyzer'] !== 'true') {
    throw invalid(`BM25 function input field ${input.name} must be a VarChar field with enable_analyzer`)
  }
  if (named(one.outputs[0]).type !== DataType.SparseFloatVector) {
    throw invalid(`BM25 function output field ${one.outputs[0]} must be a SparseFloatVector field`)
  }
}

function requireFlag(name: string, value: string | undefined): void {
  if (value === undefined || /^(true|false)$/i.test(value)) return
  throw invalid(`${name} is true or false`, 'boolean', value)
}

/** Checks what a collection's properties say about its rows. */
export function requireProperties(fields: readonly Field[], properties: Readonly<Record<string, string>>): void {
  requireFlag('mmap.enabled', properties['mmap.enabled'])
  const { 'collection.ttl.seconds': ttl, ttl_field: name, 'partitionkey.isolation': isolation } = properties
  if (ttl !== undefined && !(/^-?\d+$/.test(ttl) && Number(ttl) >= -1)) {
    throw invalid('collection.ttl.seconds is a whole number of seconds; 0: rows never expire', 'seconds', ttl)
  }
  if (name) {
    if (Number(ttl) > 0) throw invalid('collection.ttl.seconds and ttl_field cannot be set both')
    const field = fields.find((one) => one.name === name)
    if (field === undefined) throw invalid(`ttl_field ${name} not found in collection`)
    if (field.type !== DataType.Timestamptz) {
      throw invalid(`ttl_field ${name} must be a Timestamptz field`, 'Timestamptz', DataType[field.type])
    }
  }
  if (isolation === undefined) return
  requireFlag('partitionkey.isolation', isolation)
  if (/true/i.test(isolation) && !fields.some((field) => field.isPartitionKey)) {
    throw invalid('partition key isolation mode is enabled but no partition key field is set')
  }
}

/** Whether rows may have keys that are no fields once the properties are set; rows that have such keys keep them. */
export function isDynamicAfter(isDynamic: boolean, set: Declared | undefined): boolean {
  const given = String(set?.['dynamicfield.enabled'] ?? isDynamic).toLowerCase()
  if (given === 'true') return true
  if (given === 'false' && !isDynamic) return false
  throw invalid('dynamicfield.enabled can be set to true, and stays so', true, given)
}

/** What may change of a field that has rows. */
const ALTERABLE = ['max_length', 'max_capacity', 'mmap.enabled', 'mmap_enabled', 'warmup', 'field.skipLoad']

/** The changed parameters of a field; throws if one may not change, or not to this value. */
export function alteredParams(field: Field, params: Record<string, string>): Record<string, string> {
  const altered = { ...field, params }
  for (const [key, value] of Object.entries(params)) {
    if (value === field.params[key]) continue
    if (!ALTERABLE.includes(key)) {
      throw invalid(`${key} does not allow update in collection field param: field ${field.name}`, ALTERABLE, key)
    }
    if (key.startsWith('mmap')) requireFlag(key, value)
    const max = key === 'max_length' ? 65_535 : key === 'max_capacity' ? CAPACITY_MAX : undefined
    if (max === undefined) continue
    if (field.params[key] === undefined) throw invalid(`can not alter ${key} of field ${field.name}: it has none`)
    checkRange(altered, key, 1, max)
  }
  return params
}

/** Defaults in their stored form; throws if one does not fit its field. */
export async function withStoredDefaults(fields: readonly Field[]): Promise<Field[]> {
  const isPlace = ({ type, defaultValue }: Field) => type === DataType.Geometry && typeof defaultValue === 'string'
  const places = fields.filter(isPlace)
  if (places.length > 0) (await geometries()).requireDefaultShapes(places)
  return fields.map((field) => {
    if (field.defaultValue === undefined) return field
    const { type } = field
    if (type >= DataType.Array && type !== DataType.Timestamptz && type !== DataType.Geometry) {
      throw invalid(`type not support default_value, type:${DataType[type]}, name:${field.name}`)
    }
    if (field.isPrimary) throw invalid(`primary field not support default_value: ${field.name}`)
    // A time may be given as microseconds.
    const given =
      type === DataType.Timestamptz && typeof field.defaultValue === 'number'
        ? new Date(field.defaultValue < 1e12 ? field.defaultValue : field.defaultValue / 1000)
        : field.defaultValue
    return { ...field, defaultValue: storedDefault(field, given) }
  })
}

/** Refusals are worded for rows; here there is none. */
function storedDefault(field: Field, given: unknown): unknown {
  try {
    return encoderOf(field)(given, 0)
  } catch (error) {
    if (!(error instanceof MilvusError)) throw error
    const what = error.reason.replace(/^field \S+ of row 0: |, row number: 0|: invalid parameter.*$/g, '')
    throw invalid(`default_value of field ${field.name}: ${what}`)
  }
}

/** Takes what dropped fields have left under these names out of all rows. */
export async function forget(rows: Collection, names: readonly string[]): Promise<void> {
  const leftover = { $or: names.map((name) => ({ [name]: { $exists: true } })) }
  const { errors, firstError } = await rows.replace(leftover, (row) => {
    const rest = { ...row }
    for (const name of names) delete rest[name]
    return rest
  })
  if (errors > 0) throw unexpected(firstError ?? 'rows cannot be changed')
}
