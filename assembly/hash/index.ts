export { keyHash } from "./siphash";
export { entrySlot, hashAhead, hashCreate, hashExpect, hashFind, hashInsert, hashRemove, hashTouch } from "./table";
export { xxh64 } from "./xxh64";
