export { filterFor, structTestFor } from './expression.ts'
