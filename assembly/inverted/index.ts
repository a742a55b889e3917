export { invertedChanged } from "./dirty";
