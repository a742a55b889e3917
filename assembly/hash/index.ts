export { keyHash } from "./siphash";
export { entrySlot, hashCreate, hashExpect, hashFind, hashInsert, hashRemove, hashTouch } from "./table";
export { xxh64 } from "./xxh64";
