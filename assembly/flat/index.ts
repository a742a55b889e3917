export { nearestAdd, nearestCount, nearestEntry, nearestLimit, nearestReset, nearestSort } from "./nearest";
