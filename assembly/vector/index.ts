export {
  fieldChunks, fieldChunkShift, fieldCode, fieldCodeBytes, fieldCount, fieldDimension, fieldDirectory, fieldGraph, fieldHead, fieldMetric, fieldRange, fieldRowBytes, fieldVectorBytes, ROW_CODES, vectorField, vectorLanes,
  vectorOf,
} from "./field";
export {
  codesDistance4, queryBytes, queryCodes, queryField, queryLanes, queryNorm, queryReady, queryResidual, queryScale, querySquare, queryTail, vectorCodeDistance,
  vectorCodeDistance4, vectorExactDistance, vectorLaneDistance, vectorPrepare, vectorPrepareCodes, vectorPrepareRow, vectorRowDistance,
} from "./query";
export { chunkOf, rowNorm, rowResidual, rowScale, rowVector, vectorRow, vectorsFollow } from "./row";
