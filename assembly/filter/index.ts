export { touchRecords } from "./touch";
export { NAME_BYTES, PATH_STEPS, pathFollow } from "./path";
export {
  compareBytes, compareValues, EQUAL, fieldName, fieldsCount, fieldWord, LESS, longOf, namedBytes, namedPointer, textBytes, textOf, textPointer, valuesEqual,
} from "./value";
