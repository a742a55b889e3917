export { rescored, scanRow } from "./scan";
export { searchBitmap, searchBlock, searchExamine, searchField, searchFollow, searchList, searchSlots } from "./search";
