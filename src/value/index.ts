export type { Document, Key, TypedArray, Value } from './document.ts'
