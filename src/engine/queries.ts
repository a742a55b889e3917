// Parsing filters and field types: a part of the engine that is loaded on demand, see parts.ts. The store loads the
// code that runs filters over records.

export { compileFilter, parseFilter } from '../query/filters.ts'
export { schemaCheck } from './schema.ts'
