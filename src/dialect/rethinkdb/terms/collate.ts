// The part with terms that combine sequences: aggregates and groups, orders, joins.

import type { Operations } from '../registry.ts'
import { aggregateTerms } from './aggregates.ts'
import { joinTerms } from './joins.ts'
import { orderTerms } from './order.ts'

export { openByKey } from '../engine-index.ts'
export { byGroup, groupsOut } from '../groups.ts'

export const terms: Operations = { ...aggregateTerms, ...joinTerms, ...orderTerms }
