export type * from './collection.ts'
export type * from './common.ts'
export type * from './data.ts'
export type * from './values.ts'
