// Parsing and compiling filters: the second door of the room, loaded with the first filter.

export { compileFilter, fieldsProgram } from './compile.ts'
export { evaluate, valueAt } from './evaluate.ts'
export { compareSorted, typeOf } from './order.ts'
export { parseFilter, parsePath } from './parse.ts'
