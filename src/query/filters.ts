// Understanding filters: the second door of the room, for what is loaded when there are some.

export { compileFilter, fieldsProgram } from './compile.ts'
export { evaluate, valueAt } from './evaluate.ts'
export { compareSorted, typeOf } from './order.ts'
export { parseFilter, parsePath } from './parse.ts'
