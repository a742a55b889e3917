// What searching needs, in one piece.

export { searchAnswer, searchPages } from './search-answer.ts'
