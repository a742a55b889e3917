export { isRelated, isRelation, isValid, isWithinDistance } from './predicates.ts'
export { type Shape, shapeOf } from './shape.ts'
