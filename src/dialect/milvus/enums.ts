// The names and numbers of @zilliz/milvus2-sdk-node that programs use in their source. Real enums, because programs
// also use their members as types (`DataType.Int64`).

export enum DataType {
  None = 0,
  Bool = 1,
  Int8 = 2,
  Int16 = 3,
  Int32 = 4,
  Int64 = 5,
  Float = 10,
  Double = 11,
  VarChar = 21,
  Array = 22,
  JSON = 23,
  Geometry = 24,
  Text = 25,
  Timestamptz = 26,
  BinaryVector = 100,
  FloatVector = 101,
  Float16Vector = 102,
  BFloat16Vector = 103,
  SparseFloatVector = 104,
  Int8Vector = 105,
  ArrayOfVector = 106,
  Struct = 201,
}

type DataTypeName = keyof typeof DataType

function named<E extends object, V>(names: E, value: (name: string) => V): { [K in keyof E]: V } {
  const keys = Object.keys(names).filter((key) => Number.isNaN(Number(key)))
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as { [K in keyof E]: V }
}

/** The number of each data type, by name. */
export const DataTypeMap: { [K in DataTypeName]: number } = named(DataType, (name) => DataType[name as DataTypeName])

/** The name of each data type, by name. */
export const DataTypeStringEnum = named(DataType, (name) => name) as { [K in DataTypeName]: K }

export const VectorDataTypes: DataType[] = [
  DataType.BinaryVector,
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
  DataType.SparseFloatVector,
  DataType.Int8Vector,
]

export enum MetricType {
  L2 = 'L2',
  IP = 'IP',
  COSINE = 'COSINE',
  HAMMING = 'HAMMING',
  JACCARD = 'JACCARD',
  TANIMOTO = 'TANIMOTO',
  SUBSTRUCTURE = 'SUBSTRUCTURE',
  SUPERSTRUCTURE = 'SUPERSTRUCTURE',
  BM25 = 'BM25',
  MHJACCARD = 'MHJACCARD',
  MAX_SIM = 'MAX_SIM',
  MAX_SIM_COSINE = 'MAX_SIM_COSINE',
  MAX_SIM_IP = 'MAX_SIM_IP',
  MAX_SIM_L2 = 'MAX_SIM_L2',
  DTW_COSINE = 'DTW_COSINE',
  DTW_IP = 'DTW_IP',
}

export enum IndexType {
  FLAT = 'FLAT',
  IVF_FLAT = 'IVF_FLAT',
  IVF_SQ8 = 'IVF_SQ8',
  IVF_PQ = 'IVF_PQ',
  HNSW = 'HNSW',
  BIN_FLAT = 'BIN_FLAT',
  BIN_IVF_FLAT = 'BIN_IVF_FLAT',
  DISKANN = 'DISKANN',
  AUTOINDEX = 'AUTOINDEX',
  ANNOY = 'ANNOY',
  SPARSE_INVERTED_INDEX = 'SPARSE_INVERTED_INDEX',
  SPARSE_WAND = 'SPARSE_WAND',
  GPU_FLAT = 'GPU_FLAT',
  GPU_IVF_FLAT = 'GPU_IVF_FLAT',
  GPU_IVF_PQ = 'GPU_IVF_PQ',
  GPU_IVF_SQ8 = 'GPU_IVF_SQ8',
  GPU_BRUTE_FORCE = 'GPU_BRUTE_FORCE',
  GPU_CAGRA = 'GPU_CAGRA',
  RAFT_IVF_FLAT = 'RAFT_IVF_FLAT',
  RAFT_IVF_PQ = 'RAFT_IVF_PQ',
  ScaNN = 'SCANN',
  STL_SORT = 'STL_SORT',
  TRIE = 'Trie',
  INVERTED = 'INVERTED',
  BITMAP = 'BITMAP',
  IVF_RABITQ = 'IVF_RABITQ',
  MINHASH_LSH = 'MINHASH_LSH',
  RTREE = 'RTREE',
  HNSW_SQ = 'HNSW_SQ',
  HNSW_PQ = 'HNSW_PQ',
  HNSW_PRQ = 'HNSW_PRQ',
  AISAQ = 'AISAQ',
  NGRAM = 'NGRAM',
  FMINDEX = 'FMINDEX',
}

export enum ConsistencyLevelEnum {
  Strong = 0,
  Session = 1,
  Bounded = 2,
  Eventually = 3,
  Customized = 4,
}

export enum LoadState {
  LoadStateNotExist = 'LoadStateNotExist',
  LoadStateNotLoad = 'LoadStateNotLoad',
  LoadStateLoading = 'LoadStateLoading',
  LoadStateLoaded = 'LoadStateLoaded',
}

export enum ShowCollectionsType {
  All = 0,
  Loaded = 1,
}

export enum ShowPartitionsType {
  All = 0,
  Loaded = 1,
}

export enum IndexState {
  IndexStateNone = 0,
  Unissued = 1,
  InProgress = 2,
  Finished = 3,
  Failed = 4,
}

export enum CompactionState {
  UndefiedState = 0,
  Executing = 1,
  Completed = 2,
}

export enum SegmentState {
  SegmentStateNone = 0,
  NotExist = 1,
  Growing = 2,
  Sealed = 3,
  Flushed = 'Flushed',
  Flushing = 'Flushing',
  Dropped = 'Dropped',
  Importing = 'Importing',
}

export enum SegmentLevel {
  Legacy = 0,
  L0 = 1,
  L1 = 2,
  L2 = 3,
}

export enum FunctionType {
  Unknown = 0,
  BM25 = 1,
  TEXTEMBEDDING = 2,
  RERANK = 3,
  MINHASH = 4,
  MOLFINGERPRINT = 5,
}

export enum FieldPartialUpdateOpType {
  REPLACE = 0,
  ARRAY_APPEND = 1,
  ARRAY_REMOVE = 2,
}

export enum RANKER_TYPE {
  RRF = 'rrf',
  WEIGHTED = 'weighted',
}

export enum HighlightType {
  Lexical = 0,
  Semantic = 1,
}

export enum CONNECT_STATUS {
  NOT_CONNECTED = 0,
  // biome-ignore lint/suspicious/noDuplicateEnumValues: the SDK has two names for it
  CONNECTING = 0,
  CONNECTED = 1,
  UNIMPLEMENTED = 2,
  SHUTDOWN = 5,
}

export enum ErrorCode {
  SUCCESS = 'Success',
  IndexNotExist = 'IndexNotExist',
  UnexpectedError = 'UnexpectedError',
  EmptyCollection = 'EmptyCollection',
  UpsertAutoIDTrue = 'UpsertAutoIDTrue',
  CollectionNotExists = 'CollectionNotExists',
  IllegalArgument = 'IllegalArgument',
  RateLimit = 'RateLimit',
  SchemaMismatch = 'SchemaMismatch',
}

export const CollectionProperties = {
  TTL_SECONDS: 'collection.ttl.seconds',
  TTL_FIELD: 'ttl_field',
  TIMEZONE: 'collection.timezone',
  MMAP_ENABLED: 'mmap.enabled',
} as const

export const MAX_PARTITION_KEY_FIELD_COUNT = 1
export const MAX_PARTITIONS_NUMBER = 4096
export const NO_LIMIT = -1
export const DEFAULT_MILVUS_PORT = 19530
export const DEFAULT_CONNECT_TIMEOUT = 15_000
export const DEFAULT_TOPK = 100
export const DEFAULT_METRIC_TYPE = 'COSINE'
export const DEFAULT_VECTOR_FIELD = 'vector'
export const DEFAULT_PRIMARY_KEY_FIELD = 'id'
export const DEFAULT_MAX_RETRIES = 3
export const DEFAULT_RETRY_DELAY = 10
export const DEFAULT_PARTITIONS_NUMBER = 16
export const DEFAULT_RESOURCE_GROUP = '__default_resource_group'
export const DEFAULT_DB = 'default'
export const DEFAULT_DYNAMIC_FIELD = '$meta'
export const DEFAULT_COUNT_QUERY_STRING = 'count(*)'
export const DEFAULT_MIN_INT64 = '-9223372036854775807'
export const DEFAULT_MAX_SEARCH_SIZE = 16_384
export const DEFAULT_MAX_L2_DISTANCE = 99_999_999
export const DEFAULT_MIN_COSINE_DISTANCE = -2
