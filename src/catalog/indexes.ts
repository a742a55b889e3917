// The second door of the catalog: indexes as they are asked for. Reached by import(), or from what is itself reached so.

export { indexShape } from './index-options.ts'
export { invertedShape, isInverted } from './inverted.ts'
