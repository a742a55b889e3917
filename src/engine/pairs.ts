// A door for dialects that compare vectors which no vector field holds. Reached by import(), or from what is itself reached so.

export { PairTable } from '../core/derived/index.ts'
