export type * from './collection.ts'
export type * from './data.ts'
export type * from './status.ts'
export type * from './values.ts'
