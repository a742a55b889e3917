// Understanding filters and the types of fields: a part of the engine that is loaded when it is needed, see parts.ts. What runs filters over
// records is loaded beside it, by the store.

export { compileFilter, parseFilter } from '../query/filters.ts'
export { schemaCheck } from './schema.ts'
