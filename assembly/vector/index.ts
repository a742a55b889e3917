export {
  fieldChunkShift, fieldCode, fieldCodeBytes, fieldCount, fieldDimension, fieldDirectory, fieldHead, fieldIsPlain, fieldMetric, fieldMissing, fieldRange, fieldRowBytes, fieldVectorBytes,
  ROW_CODES, vectorField, vectorOf,
} from "./field";
export {
  codesDistance4, laneFirst, laneSecond, queryBytes, queryCodes, queryLanes, queryNorm, queryReady, queryResidual, queryScale, querySquare, queryTail, vectorCodeDistance,
  vectorCodeDistance4, vectorExactDistance, vectorLaneDistance, vectorLaneDistances, vectorPrepareCodes, vectorPrepareRow, vectorRowDistance,
} from "./query";
export { chunkOf, rowNorm, rowResidual, rowScale, rowVector, vectorEncode, vectorPlace, vectorReach, vectorRow, vectorsDefer, vectorsFailed, vectorsFollow, vectorsMake, vectorsMakeNext } from "./row";
