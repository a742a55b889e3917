export { FILTER_WORK, type FilterScan, Filters } from './filters.ts'
export type { FilterProgram } from './program.ts'
