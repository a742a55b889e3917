export {
  INDEX_FIELDS_MAX,
  type IndexPlace,
  type IndexShape,
  OrderedIndexes,
} from './indexes.ts'
export { TypeRank } from './rank.ts'
