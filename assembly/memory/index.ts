export { blockAcquire, blockBytes, blockKind, blockRelease, blocksAddRange, blocksReset, blockUnits, sentinel } from "./blocks";
export { pagesAcquire, pagesFor, pagesPromise, pagesReach, pagesRelease, pagesSpare } from "./pages";
export { structAcquire } from "./structs";
