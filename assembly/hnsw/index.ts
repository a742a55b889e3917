export { graphsFollow, graphsUndo } from "./follow";
