import { DataType } from './enums.ts'
import { Code, invalid, MilvusError, told, wrongCall } from './errors.ts'

/** A field in its normalized form: plain data. */
export interface Field {
  readonly name: string
  /** 100 or more; never reused. */
  readonly id: number
  readonly type: DataType
  /** For Array fields; otherwise None. */
  readonly element: DataType
  readonly description: string
  readonly isPrimary: boolean
  readonly autoID: boolean
  readonly nullable: boolean
  /** In stored form; undefined if there is none. */
  readonly defaultValue?: unknown
  readonly isPartitionKey: boolean
  readonly isClusteringKey: boolean
  readonly isFunctionOutput: boolean
  /** dim, max_length and so on, as strings. */
  readonly params: Readonly<Record<string, string>>
  /** The field was added to a collection that had rows: those lack it. */
  readonly isAdded?: boolean
  /** For arrays of structs. */
  readonly fields?: readonly Field[]
  /** For times: the zone whose clocks tell them, if not UTC. Never stored. */
  readonly zone?: string
  /** For times: the parts that a request wants of them. Never stored. */
  readonly timeParts?: readonly string[] | undefined
}

/** A function that fills a field: BM25 or MINHASH. */
export interface FunctionSpec {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
}

/** Number of pairs of zone and parts for which a schema is kept. */
const ZONED_MAX = 64
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PARTITION_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** The data type that a number or name stands for. */
export function convertToDataType(key: DataType | string): DataType {
  if (typeof key === 'number') return key
  const value = typeof key === 'string' ? (DataType as unknown as Record<string, unknown>)[key] : undefined
  if (typeof value === 'number') return value
  throw wrongCall('FIELD_TYPE_IS_NOT_SUPPORT')
}

export function isVectorType(type: DataType): boolean {
  return type >= DataType.BinaryVector && type <= DataType.Int8Vector
}

export function isIntegerType(type: DataType): boolean {
  return type >= DataType.Int8 && type <= DataType.Int64
}

/** Whether a type is searched as dense vectors. */
export function isDense(type: DataType): boolean {
  return isVectorType(type) && type !== DataType.SparseFloatVector
}

export function isText(type: DataType): boolean {
  return type === DataType.VarChar || type === DataType.Text
}

export function isStructArray(field: Pick<Field, 'type' | 'element'>): boolean {
  return field.type === DataType.Array && field.element === DataType.Struct
}

export function dimOf(field: Field): number {
  return Number(field.params['dim'])
}

/** Checks the name of a collection, database, alias, field or partition. */
export function requireName(name: unknown, noun: string): asserts name is string {
  const pattern = noun === 'partition' ? PARTITION_NAME : NAME
  if (typeof name === 'string' && name.length <= 255 && pattern.test(name)) return
  const reason = `Invalid ${noun} name: ${told(name)}. `
  const rule =
    typeof name === 'string' && name.length > 255
      ? `The length of a ${noun} name must be not greater than limit [255]`
      : typeof name === 'string' && /^[^A-Za-z_]/.test(name)
        ? `The first character of a ${noun} name must be an underscore or letter`
        : `${noun[0]!.toUpperCase()}${noun.slice(1)} name can only contain numbers, letters and underscores`
  if (noun === 'field')
    throw new MilvusError(Code.FieldName, `${reason}${rule}: field name invalid[field=${told(name)}]`)
  throw invalid(reason + rule)
}

function isUtc(zone: string): boolean {
  return /^(etc\/)?(utc|gmt|zulu)$/i.test(zone)
}

/** The fields of a collection, prepared for reading and writing rows. */
export class Schema {
  readonly fields: readonly Field[]
  readonly functions: readonly FunctionSpec[]
  readonly isDynamic: boolean
  readonly primary: Field
  readonly byName: ReadonlyMap<string, Field>
  readonly vectors: readonly Field[]
  readonly partitionKey: Field | undefined
  /** Geometry fields. */
  readonly places: readonly Field[]
  /** Fields with stored values that functions make of texts: signatures, and words that several analyzers find. */
  readonly filled: readonly Field[]
  /** Maintained by read.ts. */
  readonly projections: unknown[] = []
  /** The same schema in other zones. */
  readonly #zoned = new Map<string, Schema>()

  constructor(fields: readonly Field[], functions: readonly FunctionSpec[], isDynamic: boolean) {
    this.fields = fields
    this.functions = functions
    this.isDynamic = isDynamic
    this.primary = fields.find((field) => field.isPrimary)!
    this.byName = new Map(fields.map((field) => [field.name, field]))
    this.vectors = fields.filter((field) => isVectorType(field.type))
    this.filled = fields.filter(
      (field) =>
        field.isFunctionOutput &&
        (field.type === DataType.BinaryVector || this.textOf(field)?.params['multi_analyzer_params']),
    )
    this.places = fields.filter((field) => field.type === DataType.Geometry)
    this.partitionKey = fields.find((field) => field.isPartitionKey)
  }

  /** The same fields, with times told by the clocks of a zone, if there is one, and in parts, if there are any. */
  inZone(zone: string | undefined, timeParts?: readonly string[]): Schema {
    const key = `${zone ?? ''} ${timeParts}`
    let schema = this.#zoned.get(key)
    if (schema === undefined) {
      const fields = this.fields.map((field) => {
        if (field.type !== DataType.Timestamptz) return field
        const { zone: own, ...rest } = field
        const told = zone ?? own
        return { ...rest, ...(told === undefined || isUtc(told) ? {} : { zone: told }), timeParts }
      })
      schema = new Schema(fields, this.functions, this.isDynamic)
      if (this.#zoned.size >= ZONED_MAX) this.#zoned.clear()
      this.#zoned.set(key, schema)
    }
    return schema
  }

  /** The text field that a function turns into this one, or undefined. */
  textOf(output: Field): Field | undefined {
    const one = this.functions.find((one) => one.outputs.includes(output.name))
    return one === undefined ? undefined : this.byName.get(one.inputs[0]!)
  }
}

/** A field by its name; a field inside an array of structs by `array[field]`. */
export function fieldAt(schema: Schema, name: string): { field: Field; owner: string | undefined } | undefined {
  const own = schema.byName.get(name)
  if (own !== undefined) return { field: own, owner: undefined }
  const path = /^([^[]+)\[([^\]]+)\]$/.exec(name)
  const field = path === null ? undefined : schema.byName.get(path[1]!)
  if (path === null || field === undefined || !isStructArray(field)) return field && { field, owner: undefined }
  const inner = field.fields!.find((one) => one.name === path[2])
  return inner && { field: inner, owner: field.name }
}
