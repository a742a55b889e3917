export { nearestAdd, nearestCount, nearestEntry, nearestLimit, nearestReset, nearestSort } from "./nearest";
export { rescore, scanRow } from "./scan";
export { searchBitmap, searchBlock, searchExamine, searchField, searchFollow, searchList, searchQueries, searchSlots } from "./search";
