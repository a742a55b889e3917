export { filter_load, filter_release, filter_reserve } from "./program";
export { filter_count, filter_lane, filter_mark, filter_match, filter_scan } from "./scan";
export { touchRecords } from "./touch";
export { NAME_BYTES, PATH_STEPS, pathFollow } from "./path";
export {
  compareBytes, compareValues, EQUAL, fieldName, fieldsCount, fieldWord, LESS, longOf, namedBytes, namedPointer, textBytes, textOf, textPointer, valuesEqual,
} from "./value";
