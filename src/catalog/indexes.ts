// The second door of the catalog: options of indexes. Reached by import(), or from modules that are themselves reached
// so.

export { indexShape } from './index-options.ts'
export { invertedShape, isInverted } from './inverted.ts'
