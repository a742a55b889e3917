// Milvus' MilvusClient, in process.

export type { MilvusClientConfig } from './base-client.ts'
export * from './enums.ts'
export { MilvusError } from './errors.ts'
export {
  bf16BytesToF32Array,
  f16BytesToF32Array,
  f32ArrayToBf16Bytes,
  f32ArrayToBinaryBytes,
  f32ArrayToF16Bytes,
  getSparseFloatVectorType,
} from './halves.ts'
export { MilvusClient } from './milvus-client.ts'
export { findKeyValue, formatKeyValueData, RRFRanker, sleep, WeightedRanker } from './rankers.ts'
export { ERROR_REASONS } from './reasons.ts'
export { convertToDataType, isVectorType } from './schema.ts'
export type * from './types/index.ts'
