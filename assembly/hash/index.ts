export { keyHash } from "./siphash";
export { entrySlot, hashCreate, hashFind, hashInsert, hashRemove } from "./table";
export { xxh64 } from "./xxh64";
