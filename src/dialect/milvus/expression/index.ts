export { ALL, type Condition } from './condition.ts'
export { conditionFor } from './expression.ts'
export { wordsOf } from './text.ts'
