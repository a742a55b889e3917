export { buildFailure, buildMode, buildRecord, buildSkip, buildStart } from "./build";
export { utf8Bytes } from "./bytes";
export { recordEquals } from "./compare";
export { keyBytes, keyFailure, keyGiven, keyMatches, keyOfRecord, keyPointer, keyType } from "./key";
export { recordShape, recordSlot } from "./layout";
export {
  nameFind, nameIntern, shapeDefine, shapeEntryBytes, shapeKnown, shapePointer, shapeReadEntry, shapeWriteEntry,
} from "./shape";
export { uuidFormat } from "./uuid";
