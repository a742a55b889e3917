// Nothing in the core groups; JavaScript does, through the exports.

export { group_close, group_keys, group_numbers, group_open } from "./table";
