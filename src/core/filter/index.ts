// The filters of the core: a separate door, for databases that are queried by filter. Reached by import(), or from
// modules that are themselves reached so.

export { FILTER_WORK, type FilterScan, Filters } from './filters.ts'
export type { FilterProgram } from './program.ts'
