// All operations in one place: named here, because bundlers leave out what nobody names.

import { adminTerms } from './admin.ts'
import { aggregateTerms } from './aggregates.ts'
import { changeTerms } from './changes.ts'
import { documentTerms } from './documents.ts'
import { geometryTerms } from './geometry-terms.ts'
import { indexTerms } from './indexes.ts'
import { joinTerms } from './joins.ts'
import { operatorTerms } from './operators.ts'
import { orderTerms } from './order.ts'
import { readingTerms } from './reading.ts'
import { define } from './registry.ts'
import { sequenceTerms } from './sequences.ts'
import { stringTerms } from './strings.ts'
import { timeTerms } from './times.ts'
import { writeTerms } from './writes.ts'

/** Gives every term its meaning. */
export function defineAll(): void {
  for (const terms of [
    adminTerms,
    aggregateTerms,
    changeTerms,
    documentTerms,
    geometryTerms,
    indexTerms,
    joinTerms,
    operatorTerms,
    orderTerms,
    readingTerms,
    sequenceTerms,
    stringTerms,
    timeTerms,
    writeTerms,
  ]) {
    define(terms)
  }
}
