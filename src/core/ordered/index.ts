export {
  INDEX_FIELDS_MAX,
  type IndexPlace,
  type IndexShape,
  OrderedIndexes,
  TypeRank,
} from './indexes.ts'
