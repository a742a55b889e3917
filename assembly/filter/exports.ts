export { filter_cells } from "./cells";
export { filter_load, filter_release, filter_reserve } from "./program";
export { filter_count, filter_lane, filter_mark, filter_match, filter_scan } from "./scan";
