export { filterFor, keysIn, structTestFor } from './expression.ts'
