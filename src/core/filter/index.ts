// The filters of the core: a door of its own, for what only databases need that are asked by filter. Reached by import(), or from what is
// itself reached so.

export { FILTER_WORK, type FilterScan, Filters } from './filters.ts'
export type { FilterProgram } from './program.ts'
