// The part with strings and conversions.

import { conversionTerms } from './conversions.ts'
import type { Operations } from './registry.ts'
import { stringTerms } from './strings.ts'

export const terms: Operations = { ...conversionTerms, ...stringTerms }
