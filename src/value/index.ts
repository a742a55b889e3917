export { isDate, isError, isRegExp } from '../core/index.ts'
export type { AnyDocument, Document, Key, TypedArray, Value } from './document.ts'
export { blankNumbers, numbersOf } from './numbers.ts'
