// A door for dialects that compare vectors not held in a vector field. Reached by import(), or from modules that are
// themselves reached so.

export { PairTable } from '../core/derived/index.ts'
