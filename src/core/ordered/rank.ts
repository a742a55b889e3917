// The order of types in an index.

/** Ranks of types in the order of an index. */
export const TypeRank = {
  Missing: 0,
  Null: 1,
  Boolean: 2,
  Number: 3,
  String: 4,
  Date: 5,
  Binary: 6,
  Array: 7,
  Object: 8,
} as const
