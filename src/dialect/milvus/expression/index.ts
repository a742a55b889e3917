export { filterFor } from './expression.ts'
