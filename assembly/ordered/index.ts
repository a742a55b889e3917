export { orderedClash, orderedFollow, orderedUndo } from "./follow";
