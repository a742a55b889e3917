// What describeCollection and describeIndex return.

import type { Entry, IndexRecord } from './catalog.ts'
import { hybridTime } from './clock.ts'
import { DataType } from './enums.ts'
import { success } from './errors.ts'
import { metricOf } from './metrics.ts'
import { engineVectors, orderedIndex } from './placement.ts'
import { type Field, isStructArray, isVectorType } from './schema.ts'
import type { DescribeCollectionResponse, FieldSchema, KeyValuePair, ResStatus } from './types/index.ts'

export function pairs(object: Readonly<Record<string, unknown>>): KeyValuePair[] {
  return Object.entries(object).map(([key, value]) => ({ key, value: String(value) }))
}

const OBJECT_ID_OF = (entry: Entry) => entry.record.number

function describeField(field: Field, indexes: readonly IndexRecord[]): FieldSchema {
  const defaultValue = field.defaultValue
  return {
    fieldID: String(field.id),
    name: field.name,
    description: field.description,
    is_primary_key: field.isPrimary,
    autoID: field.autoID,
    data_type: DataType[field.type] as keyof typeof DataType,
    dataType: field.type,
    element_type: DataType[field.element] as keyof typeof DataType,
    nullable: field.nullable,
    default_value:
      defaultValue === undefined
        ? null
        : ((field.type === DataType.Int64 ? String(defaultValue) : defaultValue) as string | number | boolean),
    is_partition_key: field.isPartitionKey,
    is_clustering_key: field.isClusteringKey,
    is_dynamic: false,
    is_function_output: field.isFunctionOutput,
    external_field: '',
    state: 'FieldCreated',
    type_params: pairs(field.params) as FieldSchema['type_params'],
    index_params: indexes.filter((index) => index.field === field.name).flatMap(indexParams),
    ...field.params,
    ...(isStructArray(field) ? { elementType: DataType.Struct, fields: field.fields!.map(describePart) } : {}),
  }
}

/** Describes a field of structs: its arrays have no element type of their own. */
function describePart(field: Field): FieldSchema {
  const { element_type: _, ...described } = describeField(field, [])
  return described
}

/** Builds the description of a collection. */
export function describe(entry: Entry): DescribeCollectionResponse {
  const { record, schema } = entry
  // Arrays of structs come last.
  const ordered = [...record.fields].sort((a, b) => Number(isStructArray(a)) - Number(isStructArray(b)))
  const indexed = new Map(ordered.map((field) => [field, describeField(field, [])]))
  // Fields inside arrays of structs stand beside the others, under a path.
  const leaves = [...indexed].flatMap(([field, one]) =>
    isStructArray(field)
      ? field.fields!.map((part, i) => [part, one.fields![i]!, `${field.name}[${part.name}]`] as const)
      : [[field, one, field.name] as const],
  )
  const of = (accept: (field: Field) => boolean) =>
    Object.fromEntries(leaves.filter(([field]) => accept(field)).map(([, one, name]) => [name, one]))
  const functions = record.functions.map((one) => ({
    name: one.name,
    id: String(one.id),
    description: one.description,
    type: one.type as 'BM25',
    input_field_names: [...one.inputs],
    input_field_ids: one.inputs.map((name) => String(schema.byName.get(name)?.id)),
    output_field_names: [...one.outputs],
    output_field_ids: one.outputs.map((name) => String(schema.byName.get(name)?.id)),
    params: pairs(one.params) as unknown as Record<string, unknown>,
  }))
  const fields = [...indexed.values()]
  const created = hybridTime(record.created)
  const channel = `by-dev-rootcoord-dml_0_${OBJECT_ID_OF(entry)}v0`
  const answer = {
    status: success(),
    schema: {
      name: record.name,
      description: record.description,
      // It is on the field, as on the server.
      autoID: false,
      enable_dynamic_field: record.isDynamic,
      fields,
      functions,
      struct_array_fields: fields.filter((field) => field.fields !== undefined),
      properties: [],
    },
    collectionID: record.number,
    collection_name: record.name,
    db_name: record.db,
    db_id: '1',
    aliases: [...record.aliases],
    consistency_level: record.consistency,
    shards_num: record.shards,
    num_partitions: String(record.keyed || record.partitions.length),
    properties: pairs({ ...record.properties, timezone: record.properties['timezone'] ?? 'UTC' }),
    functions,
    created_timestamp: created,
    created_utc_timestamp: String(record.created),
    update_timestamp: hybridTime(record.updated) as unknown as number,
    update_timestamp_str: hybridTime(record.updated),
    virtual_channel_names: [channel],
    physical_channel_names: ['by-dev-rootcoord-dml_0'],
    start_positions: [],
    anns_fields: of((field) => isVectorType(field.type)),
    scalar_fields: of((field) => !isVectorType(field.type)),
    function_fields: of((field) => field.isFunctionOutput),
  }
  return answer
}

/** The answer of a server that has nothing to describe: programs read the lists, and ask whether there is a schema. */
export function undescribed(status: ResStatus): DescribeCollectionResponse {
  return {
    status,
    schema: null,
    collectionID: '0',
    collection_name: '',
    db_name: '',
    db_id: '0',
    aliases: [],
    consistency_level: 'Strong',
    shards_num: 0,
    num_partitions: '0',
    properties: [],
    created_timestamp: '0',
    created_utc_timestamp: '0',
    update_timestamp: '0',
    update_timestamp_str: '',
    virtual_channel_names: [],
    physical_channel_names: [],
    start_positions: [],
  } as unknown as DescribeCollectionResponse
}

/** An index's parameters as pairs. */
export function indexParams(index: IndexRecord): KeyValuePair[] {
  return pairs({
    index_type: index.type,
    ...(index.metric === undefined ? {} : { metric_type: index.metric }),
    ...(index.params === undefined ? {} : { params: index.params }),
    ...index.extra,
  })
}

/** What actually runs for an index, in Milvus' terms. */
export function actualIndexType(entry: Entry, index: IndexRecord): string {
  const field = entry.schema.byName.get(index.field)
  if (field === undefined || !isVectorType(field.type)) {
    const ordered = orderedIndex(entry.record.fields, index)
    return ordered === undefined ? 'NONE' : ordered.multi ? 'INVERTED' : 'STL_SORT'
  }
  if (field.type === DataType.SparseFloatVector) return 'SPARSE_INVERTED_INDEX'
  const vector = engineVectors([field], entry.record.indexes)[field.name]!
  if (vector.index?.type === 'flat') return field.type === DataType.BinaryVector ? 'BIN_FLAT' : 'FLAT'
  return vector.index?.type === 'hnsw' ? 'HNSW' : `FLAT or HNSW, by size (${metricOf(field, entry.record.indexes)})`
}
