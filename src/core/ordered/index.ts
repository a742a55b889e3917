export { type IndexPlace, type IndexShape, OrderedIndexes } from './indexes.ts'
