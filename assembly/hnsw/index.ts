export { graphsFollow } from "./follow";
