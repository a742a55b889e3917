export { KeyWriter } from './key.ts'
export { forbidCompiling, type ProjectionTree, RecordReader } from './read.ts'
export { CollectionShapes, type VectorField } from './shapes.ts'
export { Stage } from './stage.ts'
