export {
  flat_begin, flat_count, flat_finish, flat_holds, flat_lanes, flat_mark, flat_ready, flat_release, flat_scan, flat_unmark,
} from "./search";
