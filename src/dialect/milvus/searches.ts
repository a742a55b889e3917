// What searching needs, in one piece.

export { HitMaker } from './hits.ts'
export { runHybrid } from './hybrid.ts'
export { runPlan, runReranked } from './search.ts'
export { hitPages } from './search-pages.ts'
export { decimalsOf, isHybrid, parametersOf, planOf } from './search-plan.ts'
