// quiverdb/milvus: Milvus' JavaScript client, in process.

export { parseTimeToken } from './address.ts'
export type { MilvusClientConfig } from './client/base-client.ts'
export { MilvusClient } from './client/milvus-client.ts'
export { MilvusClientSession } from './client/session.ts'
export { checkTimeParam, datetimeToHybrids, hybridtsToUnixtime, unixtimeToHybridts } from './clock.ts'
export * from './enums.ts'
export { MilvusError } from './errors.ts'
export {
  checkCollectionAndPartitionName,
  checkCollectionName,
  checkSearchParams,
  cloneObj,
  extractMethodName,
  formatAddress,
  formatNumberPrecision,
  getPKFieldExpr,
  getQueryIteratorExpr,
  getSparseDim,
  getValidDataArray,
  normalizeOrderByFields,
  parseToKeyValue,
  stringToBase64,
  validatePartitionNumbers,
} from './formats.ts'
export {
  bf16BytesToF32Array,
  bytesToSparseRow,
  f16BytesToF32Array,
  f32ArrayToBf16Bytes,
  f32ArrayToBinaryBytes,
  f32ArrayToF16Bytes,
  f32ArrayToF32Bytes,
  f32ArrayToInt8Bytes,
  getSparseFloatVectorType,
  int8VectorRowsToBytes,
  sparseRowsToBytes,
  sparseToBytes,
} from './halves.ts'
export { ERROR_REASONS } from './reasons.ts'
export { convertToDataType, isVectorType } from './schema.ts'
export { findKeyValue, formatKeyValueData, RRFRanker, sleep, WeightedRanker } from './search/rankers.ts'
export type * from './types/index.ts'
