export { ALL, type Condition } from './condition.ts'
export { conditionFor } from './expression.ts'
