// The part that brings sequences together: aggregates and groups, orders, joins.

import { aggregateTerms } from './aggregates.ts'
import { joinTerms } from './joins.ts'
import { orderTerms } from './order.ts'
import type { Operations } from './registry.ts'

export { byGroup, groupsOut } from './groups.ts'

export const terms: Operations = { ...aggregateTerms, ...joinTerms, ...orderTerms }
