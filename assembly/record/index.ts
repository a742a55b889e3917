export { buildFailure, buildMeasure, buildMode, buildRecord, buildSkip, buildStart, buildUuid } from "./build";
export { bytesCopy, bytesEqual, utf8Bytes } from "./bytes";
export { recordEquals } from "./compare";
export { keyBytes, keyFailure, keyGiven, keyMatches, keyOfRecord, keyPointer, keyType } from "./key";
export {
  payload, recordEnds, recordFlags, recordShape, recordSlot, recordString, recordStrings, recordWords, stringBytes, stringPointer, wide,
} from "./layout";
export {
  nameFind, nameIntern, namePointer, SHAPE_COPIES, shapeAdoptCopies, shapeCopies, shapeCopiesNext, shapeEntryBytes,
  shapeFields, shapeIndexOf, shapeKnown, shapeLogged, shapeName, shapePointer, shapeReadEntry, shapeSetCopiesNext, shapeWriteEntry,
} from "./shape";
export { recordIsReadable } from "./salvage";
export { uuidFormat } from "./uuid";
