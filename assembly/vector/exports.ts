export { vector_declare } from "./field";
export { vector_count, vector_follow, vector_make } from "./row";
