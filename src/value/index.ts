export type { Document, Key, TypedArray, Value } from './document.ts'
export { blankNumbers, numbersOf } from './numbers.ts'
