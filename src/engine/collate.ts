// Sorting and grouping: a part of the engine that is loaded on demand, see parts.ts.

export { aggregateRequests } from './read/aggregate.ts'
export { distinctValues, groupBy } from './read/group.ts'
export { SortedReader } from './read/sorted-reader.ts'
