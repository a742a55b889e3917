// Sorting and grouping: a part of the engine that is loaded when it is needed, see parts.ts.

export { aggregateRequests } from './aggregate.ts'
export { distinctValues, groupBy } from './group.ts'
export { SortedReader } from './sorted-reader.ts'
