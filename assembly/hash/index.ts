export { keyHash } from "./siphash";
export { entrySlot, hashAhead, hashCreate, hashExpect, hashFind, hashHolds, hashInsert, hashRemove, hashTouch } from "./table";
export { xxh64 } from "./xxh64";
