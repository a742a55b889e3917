export {
  type CompiledFilter,
  type CompileOptions,
  compileFilter,
  type FilterProgram,
  type Residual,
} from './compile.ts'
export { evaluate } from './evaluate.ts'
export { parseFilter, parsePath } from './parse.ts'
export type { Absent, Constant, FilterNode, LeafNode, Operand, PathStep } from './tree.ts'
export { EVERYTHING, NOTHING } from './tree.ts'
