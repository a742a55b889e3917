export type { CompiledFilter, CompileOptions, FilterProgram, Residual } from './compile.ts'
export { compareText } from './text-order.ts'
export type { Absent, Constant, FilterNode, LeafNode, Operand, PathStep, TestNode, WordsHint } from './tree.ts'
export { EVERYTHING, NOTHING } from './tree.ts'
