export {
  type CompiledFilter,
  type CompileOptions,
  compileFilter,
  type FilterProgram,
  fieldsProgram,
  type Residual,
} from './compile.ts'
export { evaluate, valueAt } from './evaluate.ts'
export { likeMatches, likeTokens } from './like.ts'
export { compareSorted, compareText, typeOf } from './order.ts'
export { parseFilter, parsePath } from './parse.ts'
export type { Absent, Constant, FilterNode, LeafNode, Operand, PathStep, TestNode, WordsHint } from './tree.ts'
export { EVERYTHING, NOTHING } from './tree.ts'
