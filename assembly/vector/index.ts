export {
  fieldChunks, fieldChunkShift, fieldCode, fieldCodeBytes, fieldCount, fieldDimension, fieldDirectory, fieldGraph, fieldMetric, fieldRowBytes, fieldVectorBytes, ROW_CODES, vectorField, vectorLanes,
  vectorOf,
} from "./field";
export {
  queryBytes, queryCodes, queryField, queryLanes, queryNorm, queryReady, queryResidual, queryScale, querySquare, vectorCodeDistance,
  vectorCodeDistance4, vectorExactDistance, vectorLaneDistance, vectorPrepare, vectorPrepareRow, vectorRowDistance,
} from "./query";
export { chunkOf, rowNorm, rowResidual, rowScale, rowVector, vectorRow, vectorsFollow } from "./row";
